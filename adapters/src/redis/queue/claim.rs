//! Claims tasks for a worker, and makes leases of them.

use std::sync::Arc;

use domain::ports::{Lease, Queues, WorkerId};
use domain::tasks::{Due, QueueName, Reason};
use redis::{ErrorKind, FromRedisValue, ParsingError, RedisResult};

use super::RedisQueue;
use super::quarantine::{TooLong, note};
use super::settlement::{Kind, Settlement};
use super::turns::in_turn;
use crate::redis::record::{Head, score};
use crate::redis::session::{Batch, Held, Session, Turn};
use crate::redis::wire::{MOST_MESSAGE, Received, Refusal, decode};

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
            .arg(MOST_BYTES)
            .arg(self.lease_micros())
            .arg(self.keys.lists())
            .arg(self.keys.ours())
            .arg(i32::from(session.keeps_copies()));
        for name in &names {
            claim.arg(name.as_str());
        }
        let Some((parts, too_long)): Option<(Vec<Part>, Vec<TooLong>)> =
            self.link.script(&claim).await?
        else {
            return Ok(None);
        };
        for (queue, length) in too_long {
            let reason = Reason::new(Refusal::TooLong(length).to_string());
            note(Some(&queue), length, &reason);
        }
        self.admit(session, parts).await
    }

    /// Makes leases of what was claimed, and sets aside what cannot be worked on now.
    pub(super) async fn admit(
        &self,
        session: &Arc<Session>,
        parts: Vec<Part>,
    ) -> RedisResult<Option<Step>> {
        let mut aside = Settlement::default();
        let mut admitted = Vec::new();
        let mut batches = Vec::new();
        for part in parts {
            let (common, batch) = part.head()?;
            let mut count = 0;
            for (place, message) in (0..).zip(&part.2) {
                let fence = part.0.wrapping_add(place);
                let batch = batch.map(|first| (first, place));
                match self.read(session, fence, common.as_ref(), message) {
                    Claimed::Lease(lease, mut held) => {
                        held.batch = batch;
                        admitted.push((fence, *lease, held));
                        count += 1;
                    }
                    Claimed::Wait(until) => aside.end(fence, batch, Kind::Wait(until), ""),
                    Claimed::Refused(reason) => {
                        let queue = common.as_ref().map(|head| head.queue.as_str());
                        note(queue, message.len(), &reason);
                        aside.end(fence, batch, Kind::Quarantine(reason), "");
                    }
                }
            }
            match batch {
                Some(first) if count == 0 => aside.mark(first, None),
                Some(first) => batches.push((first, part.2.len(), count)),
                None => {}
            }
        }
        let set_aside = !aside.is_empty();
        if set_aside && !self.send(session, &aside).await? {
            return Ok(None);
        }
        let mut holdings = session.holdings();
        for (first, length, left) in batches {
            let done = vec![b'0'; length];
            holdings.batches.insert(first, Batch { done, left });
        }
        let leases = admitted.into_iter().map(|(fence, lease, held)| {
            holdings.tasks.insert(fence, held);
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

    /// What a message is; `common` is the head of its batch, and without one it is a record.
    fn read(
        &self,
        session: &Session,
        fence: u32,
        common: Option<&Head>,
        message: &[u8],
    ) -> Claimed {
        let own = common.is_none().then(|| Head::read(message)).flatten();
        let (known, message) = match (common, &own) {
            (Some(common), _) => (common, message),
            (None, Some((own, message))) => (own, &**message),
            (None, None) => return Claimed::Refused(Reason::new("the record is not readable")),
        };
        let received = match decode(message, &known.queue) {
            Ok(received) => received,
            Err(refusal) => return Claimed::Refused(Reason::new(refusal.to_string())),
        };
        let Received {
            mut envelope,
            retries,
            conveyed,
        } = received;
        let due_since = known.since.unwrap_or(envelope.due.from(known.seen));
        if known.due.is_none() && known.since.is_none() && self.now() < due_since {
            return Claimed::Wait(score(due_since));
        }
        if let Some(instant) = known.due.or(known.since) {
            envelope.due = Due::At(instant);
        }
        let is_suspect = 0 < known.crashes;
        let lease = Lease {
            envelope,
            attempt: known.attempts.saturating_add(retries).saturating_add(1),
            crashes: known.crashes,
            due_since,
            fence: session.fence(fence),
            conveyed,
        };
        let held = Held {
            batch: None,
            is_suspect,
        };
        Claimed::Lease(Box::new(lease), held)
    }
}

/// A part of a claim: its first fence, the head it has in common if it is a batch, and its
/// messages, or its one record.
#[derive(Debug)]
pub(super) struct Part(pub(super) u32, pub(super) String, pub(super) Vec<Vec<u8>>);

impl Part {
    /// The head and the first fence of a batch; nothing for a record.
    fn head(&self) -> RedisResult<(Option<Head>, Option<u32>)> {
        if self.1.is_empty() {
            return Ok((None, None));
        }
        match Head::of_batch(&self.1) {
            Some((head, _)) => Ok((Some(head), Some(self.0))),
            None => Err((ErrorKind::UnexpectedReturnType, "no head of a batch").into()),
        }
    }
}

impl FromRedisValue for Part {
    fn from_redis_value(value: redis::Value) -> Result<Self, ParsingError> {
        let (first, head, messages) = FromRedisValue::from_redis_value(value)?;
        Ok(Self(first, head, messages))
    }
}

/// What one claim brought.
pub(super) struct Step {
    pub(super) leases: Vec<Lease>,
    /// Whether some of it was set aside.
    set_aside: bool,
    served: Option<QueueName>,
}
