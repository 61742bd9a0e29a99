//! Lends the rows of a store to whoever conveys them.

use std::ops::RangeInclusive;
use std::time::Duration;

use async_trait::async_trait;

use super::{Lease, PortError, Queues, WorkerId};
use crate::tasks::{Envelope, OwnWork, QueueName, TaskId};

/// How many tasks are on a conveyor at a time, give or take what relays push at the same moment.
pub const MOST_RELAYED: u64 = 10_000;

/// How many more tasks of a queue may be relayed when `own` of its are on their way, and `all`
/// together: a queue takes at most half of what the others leave of [`MOST_RELAYED`].
pub fn room_on_conveyor(own: u64, all: u64) -> u64 {
    let left_by_others = MOST_RELAYED.saturating_sub(all.saturating_sub(own));
    (left_by_others / 2).saturating_sub(own)
}

/// Lends the rows of a store to whoever conveys them: the row decides, the conveyor carries.
///
/// A task that is due is *relayed*: its row is marked, then a message that stands for it is
/// pushed onto a [`Conveyor`](super::Conveyor). A worker that finds the message *takes* the row
/// before it runs the task. So a message that comes twice, or from the dead, takes nothing, and
/// one that never comes is pushed again once its row was called back.
///
/// A task with a crash on its record is not relayed: workers take it from the store, one at a time.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Marks up to `most` tasks as relayed by `push`, in the order in which a
    /// [`TaskQueue`](super::TaskQueue) offers them, waiting up to `wait` for the first.
    ///
    /// Empty when there was none in that time, or no room for it ([`room_on_conveyor`]): a queue
    /// that nobody serves keeps nobody else's tasks back.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; any of the tasks may or may not be marked then.
    async fn relay(
        &self,
        push: Push,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Envelope>, PortError>;

    /// Ends what `relay` has pushed in `pushes` and what is not our `own` work: from there it
    /// is up to whoever serves its queue. Answers how many tasks.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; calling again is harmless.
    async fn hand_over(
        &self,
        relay: &WorkerId,
        pushes: RangeInclusive<u64>,
        own: &OwnWork,
    ) -> Result<u64, PortError>;

    /// Makes ready again what was relayed and is `lost`, so that it is pushed once more;
    /// answers how many tasks.
    ///
    /// Calling back what was not lost does no harm: of two messages one takes the row.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; calling again is harmless.
    async fn call_back(&self, lost: &Lost) -> Result<u64, PortError>;

    /// What was relayed and not taken yet, by queue and relay.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn on_their_way(&self) -> Result<Vec<OnTheirWay>, PortError>;

    /// Takes the rows of `ids` for `worker`, who found messages that stand for them, in their order.
    ///
    /// What is left out was taken by somebody else, is done, or is not known: its message is
    /// good for nothing. What is taken is leased as by [`TaskQueue::lease`](super::TaskQueue::lease).
    ///
    /// # Errors
    ///
    /// When the store cannot be reached. What may have been taken all the same comes back
    /// when `worker` dies.
    async fn take(&self, worker: &WorkerId, ids: &[TaskId]) -> Result<Vec<Lease>, PortError>;

    /// Leases to `worker` one due task of `queues` with a crash on its record, unless it holds
    /// such a one.
    ///
    /// # Errors
    ///
    /// As for [`take`](Self::take).
    async fn take_suspect(
        &self,
        worker: &WorkerId,
        queues: &Queues,
    ) -> Result<Option<Lease>, PortError>;
}

/// One push onto a conveyor: who pushes, and the how manieth it is, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Push {
    /// Who pushes: made anew for each process.
    pub relay: WorkerId,
    /// Its number among all pushes of that relay; never used again.
    pub number: u64,
}

/// Which of the tasks on their way are lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Those that this relay pushed; whoever pushed them, if there is none.
    pub relay: Option<WorkerId>,
    /// Those of this queue; of any, if there is none.
    pub queue: Option<QueueName>,
    /// Those of these pushes.
    pub pushes: RangeInclusive<u64>,
    /// Those that have been on their way for so long.
    pub for_at_least: Duration,
}

impl Lost {
    /// Every push there was.
    pub const EVERY_PUSH: RangeInclusive<u64> = 0..=u64::MAX;

    /// What `relay` pushed in `pushes`.
    pub fn by(relay: WorkerId, pushes: RangeInclusive<u64>) -> Self {
        Self {
            relay: Some(relay),
            queue: None,
            pushes,
            for_at_least: Duration::ZERO,
        }
    }
}

/// Tasks of one queue that one relay has pushed, or is about to push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnTheirWay {
    /// Which queue.
    pub queue: QueueName,
    /// Which relay.
    pub relay: WorkerId,
    /// How many.
    pub tasks: u64,
    /// The number of the last push among them.
    pub last_push: u64,
    /// How long the oldest has been on its way.
    pub oldest: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_queue_takes_half_of_what_the_others_leave() {
        assert_eq!(room_on_conveyor(0, 0), MOST_RELAYED / 2);
        assert_eq!(room_on_conveyor(5_000, 5_000), 0);
        assert_eq!(room_on_conveyor(0, 5_000), 2_500);
        assert_eq!(room_on_conveyor(2_500, 7_500), 0);
        assert_eq!(room_on_conveyor(0, 7_500), 1_250);
        assert_eq!(room_on_conveyor(4_000, 20_000), 0);
    }
}
