//! A store for beats, whose clock is moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::memory::MemoryStore;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::beat::Beat;
use domain::ports::{
    EntryRow, Fired, Firing, NewEntry, PortError, Queues, ScheduleRepo, Severity, Standing,
    TaskQueue,
};
use domain::schedules::ScheduleEntry;
use domain::tasks::QueueName;
use tests::samples::START;

use super::super::platform::WORKER;

/// A store, whose clock is moved by hand, and which may be out of reach.
pub(super) struct Stage {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    pub(super) is_away: AtomicBool,
    /// How many seconds its own clock is ahead of the beats'.
    pub(super) ahead: AtomicI64,
}

impl Stage {
    pub(super) fn new() -> Arc<Self> {
        let clock = Arc::new(ManualClock::at(START));
        Arc::new(Self {
            store: Arc::new(MemoryStore::new(clock.clone())),
            clock,
            is_away: AtomicBool::new(false),
            ahead: AtomicI64::new(0),
        })
    }

    pub(super) fn beat(self: &Arc<Self>, entries: &[ScheduleEntry]) -> Beat {
        let catch_up = TimeDelta::hours(24);
        Beat::new(self.clone(), self.clock.clone(), entries.to_vec(), catch_up)
    }

    pub(super) fn passes(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// When the tasks that are due now were first due, in seconds since the beginning.
    pub(super) async fn fired(&self) -> Vec<i64> {
        let queues = Queues::from(QueueName::default());
        let leases = self.store.lease(&WORKER, &queues, 10_000, Duration::ZERO);
        let due = leases.await.unwrap().into_iter();
        due.map(|lease| (lease.due_since - START).num_seconds())
            .collect()
    }

    /// How many occurrences were skipped in all.
    pub(super) async fn skipped(&self) -> u64 {
        let rows = self.store.list().await.unwrap();
        rows.iter().map(|row| row.skipped).sum()
    }

    fn reach(&self) -> Result<(), PortError> {
        if !self.is_away.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(PortError {
            adapter: "stage",
            action: "be reached",
            severity: Severity::Transient,
            source: "it is away".into(),
        })
    }
}

#[async_trait]
impl ScheduleRepo for Stage {
    async fn register(&self, entries: &[NewEntry]) -> Result<Vec<Standing>, PortError> {
        self.reach()?;
        self.store.register(entries).await
    }

    async fn fire(&self, firings: &[Firing]) -> Result<Vec<Fired>, PortError> {
        self.reach()?;
        self.store.fire(firings).await
    }

    async fn time(&self) -> Result<DateTime<Utc>, PortError> {
        self.reach()?;
        Ok(self.store.time().await? + TimeDelta::seconds(self.ahead.load(Ordering::Relaxed)))
    }

    async fn list(&self) -> Result<Vec<EntryRow>, PortError> {
        self.store.list().await
    }
}

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    START + TimeDelta::seconds(seconds)
}

/// Ticks once, when the store is there.
pub(super) async fn tick(beat: &mut Beat) -> Option<DateTime<Utc>> {
    beat.tick().await.unwrap()
}
