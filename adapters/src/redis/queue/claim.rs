//! Claims tasks for a worker, and makes leases of them.

use std::sync::Arc;

use domain::ports::{Lease, Queues, WorkerId};
use domain::tasks::{Due, QueueName, Reason};
use redis::{RedisResult, cmd};

use super::RedisQueue;
use super::settle::{Kind, Settlement};
use crate::redis::record::{Head, score};
use crate::redis::session::{Held, Session, Turn};
use crate::redis::wire::{MOST_MESSAGE, Received, decode};

/// How many tasks are claimed in one step, and how many bytes.
const MOST_PER_CLAIM: usize = 256;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What a worker may do with a record it claimed.
enum Claimed {
    Lease(Box<Lease>, Held),
    /// It is due later: its producer said so in words that only we read.
    Wait(i64),
    Refused(Reason),
}

impl RedisQueue {
    /// Claims what is due now, up to `most` tasks.
    pub(super) async fn claim(
        &self,
        worker: WorkerId,
        queues: &Queues,
        most: usize,
    ) -> RedisResult<Vec<Lease>> {
        let most = most.min(MOST_PER_CLAIM);
        loop {
            let session = match self.sessions.of(worker) {
                Some(session) => session,
                None => self.arrive(worker).await?.0,
            };
            let mut turn = session.turn.lock().await;
            if turn.is_unsure {
                let leases = self.recover(&session).await?;
                turn.is_unsure = false;
                if !leases.is_empty() {
                    return Ok(leases);
                }
            }
            if most == 0 {
                return Ok(Vec::new());
            }
            turn.is_unsure = true;
            let Some(step) = self.claim_step(&session, &turn, queues, most).await? else {
                self.note_loss(&session);
                continue;
            };
            turn.is_unsure = false;
            turn.served = step.served.or(turn.served.take());
            // What was claimed and set aside may have hidden what can be worked on.
            if !step.leases.is_empty() || !step.set_aside {
                return Ok(step.leases);
            }
        }
    }

    /// `None` when Redis does not know the worker any more.
    async fn claim_step(
        &self,
        session: &Arc<Session>,
        turn: &Turn,
        queues: &Queues,
        most: usize,
    ) -> RedisResult<Option<Step>> {
        let count = u32::try_from(most).unwrap_or(u32::MAX);
        let first = session.next_fences(count);
        let names = in_turn(queues.names(), turn.served.as_ref());
        let mut claim = self.scripts.claim.prepare_invoke();
        claim
            .key(self.keys.living())
            .key(self.keys.held(&session.name()))
            .key(self.keys.order())
            .key(self.keys.quarantine())
            .key(self.keys.quarantine_size())
            .key(self.keys.queues());
        self.name_queues(&mut claim, &names);
        claim
            .arg(session.name())
            .arg(self.now().timestamp_micros())
            .arg(count)
            .arg(i32::from(session.may_have_suspect()))
            .arg(first)
            .arg(MOST_MESSAGE)
            .arg(MOST_BYTES);
        for name in &names {
            claim.arg(name.as_str());
        }
        let records: Option<Vec<Vec<u8>>> = self.link.script(&claim).await?;
        let Some(records) = records else {
            return Ok(None);
        };
        let fences = (0..).map(|place| first.wrapping_add(place));
        self.admit(session, fences.zip(records)).await
    }

    /// Hands out what Redis holds for the worker without its having heard of it: the answer to a claim was lost.
    async fn recover(&self, session: &Arc<Session>) -> RedisResult<Vec<Lease>> {
        let held = self.keys.held(&session.name());
        let all: Vec<u32> = self.link.command(cmd("HKEYS").arg(&held)).await?;
        let unheard: Vec<u32> = {
            let known = session.held();
            let unheard = all.into_iter().filter(|fence| !known.contains_key(fence));
            unheard.take(MOST_PER_CLAIM).collect()
        };
        if unheard.is_empty() {
            return Ok(Vec::new());
        }
        let mut get = cmd("HMGET");
        get.arg(&held).arg(&unheard);
        let records: Vec<Option<Vec<u8>>> = self.link.command(&get).await?;
        let found = unheard.into_iter().zip(records);
        let found = found.filter_map(|(fence, record)| Some((fence, record?)));
        let step = self.admit(session, found).await?;
        Ok(step.map_or_else(Vec::new, |step| step.leases))
    }

    /// Makes leases of records, and sets aside what cannot be worked on now.
    async fn admit(
        &self,
        session: &Arc<Session>,
        records: impl Iterator<Item = (u32, Vec<u8>)>,
    ) -> RedisResult<Option<Step>> {
        let mut aside = Settlement::default();
        let mut admitted = Vec::new();
        for (fence, record) in records {
            match self.read(session, fence, &record) {
                Claimed::Lease(lease, held) => admitted.push((fence, *lease, held)),
                Claimed::Wait(until) => aside.end(fence, Kind::Wait(until), ""),
                Claimed::Refused(reason) => {
                    tracing::warn!("a message was put into quarantine: {reason}");
                    aside.end(fence, Kind::Quarantine(reason), "");
                }
            }
        }
        let set_aside = !aside.is_empty();
        if set_aside && !self.send(session, &aside).await? {
            return Ok(None);
        }
        let mut held = session.held();
        let leases = admitted.into_iter().map(|(fence, lease, each)| {
            held.insert(fence, each);
            lease
        });
        let leases: Vec<Lease> = leases.collect();
        let served = leases.first().map(|lease| lease.envelope.queue.clone());
        Ok(Some(Step {
            leases,
            set_aside,
            served,
        }))
    }

    fn read(&self, session: &Session, fence: u32, record: &[u8]) -> Claimed {
        let Some((head, message)) = Head::read(record) else {
            return Claimed::Refused(Reason::new("the record is not readable"));
        };
        let received = match decode(message, &head.queue) {
            Ok(received) => received,
            Err(refusal) => return Claimed::Refused(Reason::new(refusal.to_string())),
        };
        let Received {
            mut envelope,
            retries,
            result,
        } = received;
        let due_since = head.since.unwrap_or(envelope.due.from(head.seen));
        if head.due.is_none() && head.since.is_none() && self.now() < due_since {
            return Claimed::Wait(score(due_since));
        }
        envelope.due = Due::At(head.due.unwrap_or(due_since));
        let is_suspect = 0 < head.crashes;
        let lease = Lease {
            envelope,
            attempt: head.attempts.saturating_add(retries).saturating_add(1),
            crashes: head.crashes,
            due_since,
            fence: session.fence(fence),
        };
        Claimed::Lease(Box::new(lease), Held { result, is_suspect })
    }
}

/// What one claim brought.
struct Step {
    leases: Vec<Lease>,
    /// Whether some of it was set aside.
    set_aside: bool,
    served: Option<QueueName>,
}

/// The queues in the order in which they are served: whoever was first the last time comes last.
fn in_turn(names: &[QueueName], served: Option<&QueueName>) -> Vec<QueueName> {
    let place = names.iter().position(|name| Some(name) == served);
    let next = place.map_or(0, |place| place + 1);
    let (last, first) = names.split_at(next);
    [first, last].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> QueueName {
        text.to_owned().try_into().expect("a name")
    }

    #[test]
    fn queues_take_turns() {
        let names = ["a", "b", "c"].map(name);
        let order = |served: Option<&str>| {
            let served = served.map(name);
            let names = in_turn(&names, served.as_ref());
            let names: Vec<_> = names
                .iter()
                .map(QueueName::as_str)
                .map(str::to_owned)
                .collect();
            names.concat()
        };

        assert_eq!(order(None), "abc");
        assert_eq!(order(Some("a")), "bca");
        assert_eq!(order(Some("c")), "abc");
        assert_eq!(order(Some("another")), "abc");
    }
}
