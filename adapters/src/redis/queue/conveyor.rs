//! Carries messages that stand for the rows of a store.

use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Conveyor, PortError, Push, Pushed, WorkerId};
use domain::tasks::{Envelope, OwnWork, Reason, TaskId};
use redis::{Pipeline, cmd, pipe};

use super::RedisQueue;
use super::enqueue::{As, Lists, message};
use crate::redis::error::failed;
use crate::redis::wire::step_of;

/// How long the last push of a relay that pushes nothing any more is remembered.
const REMEMBERED_FOR: Duration = Duration::from_hours(24 * 7);

#[async_trait]
impl Conveyor for RedisQueue {
    async fn push(
        &self,
        push: Push,
        tasks: &[Envelope],
        own: &OwnWork,
    ) -> Result<Pushed, PortError> {
        let (pipeline, refused) = self.carrying(push, tasks, own);
        let (before,): (Option<u64>,) = self
            .link
            .pipeline(&pipeline)
            .await
            .map_err(failed("take tasks from the store"))?;
        let before = before.unwrap_or(0);
        Ok(Pushed { before, refused })
    }

    async fn last_pushes(&self, relays: &[WorkerId]) -> Result<Vec<u64>, PortError> {
        if relays.is_empty() {
            return Ok(Vec::new());
        }
        let mut get = cmd("MGET");
        for relay in relays {
            get.arg(self.keys.last_push(&relay.to_string()));
        }
        let numbers: Vec<Option<u64>> = self
            .link
            .command(&get)
            .await
            .map_err(failed("tell what it took from the store"))?;
        let numbers = numbers.into_iter().map(Option::unwrap_or_default);
        Ok(numbers.collect())
    }
}

impl RedisQueue {
    /// One transaction, whose only answer is the number of the push before; and what is left out.
    fn carrying(
        &self,
        push: Push,
        tasks: &[Envelope],
        own: &OwnWork,
    ) -> (Pipeline, Vec<(TaskId, Reason)>) {
        let now = self.now();
        let (mut lists, mut refused) = (Lists::new(), Vec::new());
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
                }
                Err(refusal) => refused.push((task.id.clone(), Reason::new(refusal.to_string()))),
            }
        }
        let mut pipeline = pipe();
        pipeline.atomic();
        self.add_lists(&mut pipeline, &lists);
        pipeline
            .cmd("SET")
            .arg(self.keys.last_push(&push.relay.to_string()))
            .arg(push.number)
            .arg("EX")
            .arg(REMEMBERED_FOR.as_secs())
            .arg("GET");
        (pipeline, refused)
    }
}
