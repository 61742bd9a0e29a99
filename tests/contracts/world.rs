//! The world a law is tried in: one store, empty at first, and a clock moved by hand.

mod by_redis;
mod memory;
mod postgres;
mod redis;
mod sqlite;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use adapters::clock::ManualClock;
use chrono::TimeDelta;
use domain::model::{AlbumDetails, Artist};
use domain::ports::{
    AccountRepo, AlbumRepo, ArtistRepo, Enqueued, Housekeeping, Lease, MailLog, MailPauses,
    NewAlbum, Outbox, QueueCounts, Queues, ReminderRepo, ScheduleRepo, Settled, TaskQueue,
    TaskQueueAdmin, TaskRow, TaskState, TokenRepo, Verdict, WorkerId,
};
use domain::tasks::{Envelope, QueueName};
use futures_util::future::BoxFuture;
use tests::samples;

pub(crate) use self::by_redis::{postgres_by_redis, sqlite_by_redis};
pub(crate) use self::memory::memory;
pub(crate) use self::postgres::postgres;
pub(crate) use self::redis::redis;
pub(crate) use self::sqlite::sqlite;

/// A worker.
pub(crate) const FIRST: WorkerId = samples::worker(1);
/// Another worker.
pub(crate) const SECOND: WorkerId = samples::worker(2);
/// One more worker.
pub(crate) const THIRD: WorkerId = samples::worker(3);
/// For those who take what there is.
pub(crate) const NO_WAIT: Duration = Duration::ZERO;

/// One store behind all its ports, and the clock it goes by.
pub(crate) struct World {
    pub(crate) queue: Arc<dyn TaskQueue>,
    pub(crate) admin: Arc<dyn TaskQueueAdmin>,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) albums: Arc<dyn AlbumRepo>,
    pub(crate) artists: Arc<dyn ArtistRepo>,
    pub(crate) accounts: Arc<dyn AccountRepo>,
    pub(crate) tokens: Arc<dyn TokenRepo>,
    pub(crate) mails: Arc<dyn MailLog>,
    pub(crate) pauses: Arc<dyn MailPauses>,
    pub(crate) reminders: Arc<dyn ReminderRepo>,
    pub(crate) schedules: Arc<dyn ScheduleRepo>,
    pub(crate) housekeeping: Arc<dyn Housekeeping>,
    /// Shows [`samples::START`] at first.
    pub(crate) clock: Arc<ManualClock>,
    /// Ends the life of a worker, as the end of its process would.
    end: Box<dyn Fn(WorkerId) -> BoxFuture<'static, ()> + Send + Sync>,
    /// What lives as long as the world: a folder, a loop that runs beside.
    _keep: Box<dyn Any + Send + Sync>,
}

impl World {
    /// The world of `store`, which goes by `clock`; `end` ends the life of a worker.
    fn of<S>(
        store: Arc<S>,
        clock: Arc<ManualClock>,
        end: impl Fn(&S, &WorkerId) + Send + Sync + 'static,
        keep: impl Any + Send + Sync,
    ) -> Self
    where
        S: TaskQueue
            + TaskQueueAdmin
            + Outbox
            + AlbumRepo
            + ArtistRepo
            + AccountRepo
            + TokenRepo
            + MailLog
            + MailPauses
            + ReminderRepo
            + ScheduleRepo
            + Housekeeping
            + 'static,
    {
        let mortal = store.clone();
        Self {
            queue: store.clone(),
            admin: store.clone(),
            outbox: store.clone(),
            albums: store.clone(),
            artists: store.clone(),
            accounts: store.clone(),
            tokens: store.clone(),
            mails: store.clone(),
            pauses: store.clone(),
            reminders: store.clone(),
            schedules: store.clone(),
            housekeeping: store,
            clock,
            end: Box::new(move |worker| {
                end(&mortal, &worker);
                Box::pin(async {})
            }),
            _keep: Box::new(keep),
        }
    }

    /// Ends the life of `worker` and whatever it was about to do.
    pub(crate) async fn dies(&self, worker: &WorkerId) {
        (self.end)(*worker).await;
    }

    pub(crate) fn passes(&self, time: TimeDelta) {
        self.clock.advance(time);
    }

    pub(crate) async fn enqueue(&self, tasks: &[Envelope]) -> Vec<Enqueued> {
        self.queue.enqueue(tasks).await.unwrap()
    }

    /// Leases up to `most` tasks of the usual queue that are due now.
    pub(crate) async fn lease(&self, worker: &WorkerId, most: usize) -> Vec<Lease> {
        let queues = Queues::from(QueueName::default());
        let leases = self.queue.lease(worker, &queues, most, NO_WAIT).await;
        leases.unwrap()
    }

    /// Leases the only task that is due.
    pub(crate) async fn lease_only(&self, worker: &WorkerId) -> Lease {
        only(self.lease(worker, 100).await)
    }

    /// The ids of the tasks that `worker` can lease now, in the order in which it gets them.
    pub(crate) async fn due_ids(&self, worker: &WorkerId) -> Vec<String> {
        ids(&self.lease(worker, 100).await)
    }

    pub(crate) async fn settle(&self, lease: Lease, verdict: Verdict) -> Settled {
        let ended = [lease.end(verdict)];
        only(self.queue.settle(&ended).await.unwrap())
    }

    /// A sign of life; answers how many tasks of dead workers were taken back.
    pub(crate) async fn alive(&self, worker: &WorkerId) -> usize {
        self.queue.alive(worker).await.unwrap()
    }

    /// The tasks in `state`, as an operator sees them.
    pub(crate) async fn rows(&self, state: TaskState) -> Vec<TaskRow> {
        self.admin.list(state, 100).await.unwrap()
    }

    /// How much is in the only queue with tasks; `None` when there are no tasks.
    pub(crate) async fn counts(&self) -> Option<QueueCounts> {
        let mut counts = self.admin.counts().await.unwrap();
        assert!(counts.len() <= 1, "one queue at most: {counts:?}");
        counts.pop()
    }

    /// Stores the artist with this number, and the account it is.
    pub(crate) async fn artist(&self, number: u32) -> Artist {
        let artist = samples::artist(number);
        let account = samples::new_account(number);
        self.accounts.add(&account).await.unwrap();
        self.artists.add(&artist).await.unwrap();
        artist
    }

    /// Stores an album, and queues its congratulation.
    pub(crate) async fn album(&self, details: AlbumDetails) -> AlbumDetails {
        let follow_up = samples::congratulation(&details.album);
        let new = NewAlbum {
            details,
            once: None,
        };
        self.albums.add(&new, &follow_up).await.unwrap();
        new.details
    }
}

/// The only one of these.
#[track_caller]
pub(crate) fn only<T>(items: impl IntoIterator<Item = T>) -> T {
    let mut items = items.into_iter();
    let first = items.next().expect("one, but there is none");
    assert!(items.next().is_none(), "one, but there are more");
    first
}

/// The ids of leased tasks, in their order.
pub(crate) fn ids(leases: &[Lease]) -> Vec<String> {
    let ids = leases.iter().map(|lease| lease.envelope.id.to_string());
    ids.collect()
}
