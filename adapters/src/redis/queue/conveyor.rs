//! Carries messages that stand for the rows of a store.

use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Conveyor, PortError, Push, Pushed, Pushes, WorkerId};
use domain::tasks::{Envelope, OwnWork, Reason, TaskId};
use redis::{Pipeline, cmd, pipe};

use super::RedisQueue;
use super::enqueue::{As, Lists, message};
use crate::redis::error::failed;
use crate::redis::wire::step_of;

/// Notes a push. It goes with the messages in one transaction, so it is sent whole.
const NUMBER: &str = include_str!("../number.lua");
/// How long the last push of a relay that pushes nothing any more is remembered.
const REMEMBERED_FOR: Duration = Duration::from_hours(24 * 7);

#[async_trait]
impl Conveyor for RedisQueue {
    async fn push(
        &self,
        push: Push,
        after: u64,
        tasks: &[Envelope],
        own: &OwnWork,
    ) -> Result<Pushed, PortError> {
        let (mut pipeline, refused) = self.carrying(tasks, own);
        let relay = push.relay.to_string();
        pipeline
            .cmd("EVAL")
            .arg(NUMBER)
            .arg(2)
            .arg(self.keys.last_push(&relay))
            .arg(self.keys.unbroken_since(&relay))
            .arg(push.number)
            .arg(after)
            .arg(REMEMBERED_FOR.as_secs());
        let (before,): (Option<u64>,) = self
            .link
            .pipeline(&pipeline)
            .await
            .map_err(failed("take tasks from the store"))?;
        let before = before.unwrap_or(0);
        Ok(Pushed { before, refused })
    }

    async fn pushes_of(&self, relays: &[WorkerId]) -> Result<Vec<Pushes>, PortError> {
        if relays.is_empty() {
            return Ok(Vec::new());
        }
        let mut get = cmd("MGET");
        for relay in relays {
            let relay = relay.to_string();
            get.arg(self.keys.last_push(&relay));
            get.arg(self.keys.unbroken_since(&relay));
        }
        let numbers: Vec<Option<u64>> = self
            .link
            .command(&get)
            .await
            .map_err(failed("tell what it took from the store"))?;
        let pushes = numbers.chunks(2).map(|of_one| Pushes {
            last: of_one[0].unwrap_or_default(),
            unbroken_since: of_one[1].unwrap_or_default(),
        });
        Ok(pushes.collect())
    }
}

impl RedisQueue {
    /// One transaction, as far as nothing answers; and what is left out.
    fn carrying(&self, tasks: &[Envelope], own: &OwnWork) -> (Pipeline, Vec<(TaskId, Reason)>) {
        let now = self.now();
        let (mut lists, mut sent, mut refused) = (Lists::new(), Vec::new(), Vec::new());
        for task in tasks {
            // It is due, or it would not be relayed; since when, the message says.
            let sent_as = if own.includes(task) {
                As::Row
            } else {
                As::Producers
            };
            match message(task, task.due.from(now), now, sent_as) {
                Ok(message) => {
                    let list = (&task.queue, step_of(task.priority));
                    lists.entry(list).or_default().push(message);
                    sent.push(task);
                }
                Err(refusal) => refused.push((task.id.clone(), Reason::new(refusal.to_string()))),
            }
        }
        let mut pipeline = pipe();
        pipeline.atomic();
        self.add_lists(&mut pipeline, &lists);
        if let Some(announcer) = &self.announcer {
            announcer.add(&mut pipeline, sent, now);
        }
        (pipeline, refused)
    }
}
