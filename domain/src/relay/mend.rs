//! Finds what got lost on the way, and has it pushed again.

use std::collections::HashMap;
use std::time::Duration;

use super::{Relay, say};
use crate::ports::{Lost, OnTheirWay, PortError, WorkerId};
use crate::tasks::QueueName;

/// How long after it was marked a row may wait for its message to be pushed by somebody else.
const PUSHED_WITHIN: Duration = Duration::from_secs(5);
/// How long a task is on its way before it is asked whether there are as many messages as rows.
const LONG: Duration = Duration::from_mins(1);

impl Relay {
    /// Looks for tasks that are lost and has them pushed again; answers how many.
    ///
    /// To be called every few seconds: so long may what a dead relay marked, or a conveyor
    /// that nothing is pushed onto forgot, lie unnoticed.
    ///
    /// # Errors
    ///
    /// When the store or the conveyor cannot be reached; calling again is harmless.
    pub async fn mend(&mut self) -> Result<u64, PortError> {
        let on_their_way = self.outbox.on_their_way().await?;
        if on_their_way.is_empty() {
            return Ok(0);
        }
        let relays = by_relay(&on_their_way);
        let identities: Vec<WorkerId> = relays.iter().map(|(relay, ..)| *relay).collect();
        let known = self.conveyor.pushes_of(&identities).await?;
        let mut mended = 0;
        for ((relay, marked, oldest), known) in relays.into_iter().zip(known) {
            // Nothing of our own is on its way to the conveyor at this moment.
            let pushed_within = if relay == self.identity {
                Duration::ZERO
            } else {
                PUSHED_WITHIN
            };
            if oldest < pushed_within {
                continue;
            }
            let mut gaps = Vec::new();
            if known.last < marked {
                gaps.push(known.last.saturating_add(1)..=u64::MAX);
            }
            if 1 < known.unbroken_since {
                gaps.push(0..=known.unbroken_since - 1);
            }
            for pushes in gaps {
                let lost = Lost {
                    for_at_least: pushed_within,
                    ..Lost::by(relay, pushes)
                };
                mended += self.outbox.call_back(&lost).await?;
            }
            if PUSHED_WITHIN <= oldest {
                let carried = 0..=known.last;
                self.outbox.hand_over(&relay, carried, &self.own).await?;
            }
        }
        say(mended, "pushed by others, or forgotten");
        Ok(mended + self.count_messages(&on_their_way).await?)
    }

    /// The safety net for a conveyor that lost some messages and not the numbers of pushes:
    /// an eviction, a list removed by hand.
    async fn count_messages(&self, on_their_way: &[OnTheirWay]) -> Result<u64, PortError> {
        let mut queues: HashMap<&QueueName, (u64, Duration)> = HashMap::new();
        for OnTheirWay {
            queue,
            tasks,
            oldest,
            ..
        } in on_their_way
        {
            let (rows, longest) = queues.entry(queue).or_default();
            *rows += tasks;
            *longest = (*longest).max(*oldest);
        }
        queues.retain(|_, (_, longest)| LONG <= *longest);
        if queues.is_empty() {
            return Ok(0);
        }
        let mut mended = 0;
        let counts = self.conveyor.counts().await?;
        for (queue, (rows, _)) in queues {
            let there = counts.iter().find(|counts| counts.queue == *queue);
            let messages = there.map_or(0, |there| there.waiting + there.running);
            if messages < rows {
                let lost = Lost {
                    relay: None,
                    queue: Some(queue.clone()),
                    pushes: Lost::EVERY_PUSH,
                    for_at_least: LONG,
                };
                mended += self.outbox.call_back(&lost).await?;
            }
        }
        say(mended, "whose messages are missing");
        Ok(mended)
    }
}

/// Each relay with the last push of its that is marked, and how long its oldest task is on its way.
fn by_relay(on_their_way: &[OnTheirWay]) -> Vec<(WorkerId, u64, Duration)> {
    let mut relays: Vec<(WorkerId, u64, Duration)> = Vec::new();
    for each in on_their_way {
        match relays.iter_mut().find(|(relay, ..)| *relay == each.relay) {
            Some((_, last, oldest)) => {
                *last = each.last_push.max(*last);
                *oldest = each.oldest.max(*oldest);
            }
            None => relays.push((each.relay, each.last_push, each.oldest)),
        }
    }
    relays
}
