//! What this process knows of the workers it claims for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ports::{Fence, WorkerId};
use domain::tasks::QueueName;

/// One worker, from its arrival on Redis until Redis takes it for dead.
///
/// Redis knows it by a random number that is made at each arrival, so what it held in an
/// earlier life is as lost to it as to everybody else. A fence is that number and a counter.
#[derive(Debug)]
pub(super) struct Session {
    number: u32,
    next_fence: AtomicU32,
    keeps_copies: AtomicBool,
    holdings: Mutex<Holdings>,
    /// Whoever claims holds this: a worker claims one step at a time.
    pub(super) turn: tokio::sync::Mutex<Turn>,
    /// Whoever settles holds this, so that marks reach Redis in the order in which they were made.
    pub(super) settling: tokio::sync::Mutex<()>,
}

/// What a worker holds, as far as it has heard.
#[derive(Debug, Default)]
pub(super) struct Holdings {
    /// Tasks, by the counter in their fence.
    pub(super) tasks: HashMap<u32, Held>,
    /// Batches of which not all has ended, by the first counter.
    pub(super) batches: HashMap<u32, Batch>,
}

/// Messages that were claimed together, as `record.lua` describes them.
#[derive(Debug)]
pub(super) struct Batch {
    /// A `1` in the place of each task that is done.
    pub(super) done: Vec<u8>,
    /// How many have not ended.
    pub(super) left: u32,
}

/// A task that the worker holds.
#[derive(Debug)]
pub(super) struct Held {
    /// Its batch and its place there, if it is of one.
    pub(super) batch: Option<(u32, u32)>,
    pub(super) is_suspect: bool,
}

/// What whoever claims has to know.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// Whether Redis may hold claims for us that we have not heard of.
    pub(super) is_unsure: bool,
    /// The queue that was served first the last time: the next time it comes last.
    pub(super) served: Option<QueueName>,
}

impl Session {
    pub(super) fn new() -> Self {
        Self {
            number: rand::random_range(1..=u32::MAX >> 1),
            next_fence: AtomicU32::new(rand::random()),
            keeps_copies: AtomicBool::default(),
            holdings: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            settling: tokio::sync::Mutex::default(),
        }
    }

    /// What the worker is called on Redis.
    pub(super) fn name(&self) -> String {
        self.number.to_string()
    }

    /// The first of so many fences that were never given.
    pub(super) fn next_fences(&self, count: u32) -> u32 {
        self.next_fence.fetch_add(count, Ordering::Relaxed)
    }

    pub(super) fn fence(&self, counter: u32) -> Fence {
        Fence((i64::from(self.number) << 32) | i64::from(counter))
    }

    /// Whether what it claims is copied for Python's workers, as `copies.lua` describes it.
    pub(super) fn keeps_copies(&self) -> bool {
        self.keeps_copies.load(Ordering::Relaxed)
    }

    /// Notes what the last sign of life said of it.
    pub(super) fn keep_copies(&self, wanted: bool) {
        self.keeps_copies.store(wanted, Ordering::Relaxed);
    }

    pub(super) fn may_have_suspect(&self) -> bool {
        let holdings = self.holdings();
        holdings.tasks.values().all(|held| !held.is_suspect)
    }

    pub(super) fn holdings(&self) -> MutexGuard<'_, Holdings> {
        let holdings = self.holdings.lock();
        holdings.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The counter in a fence, and the number of the session it belongs to.
pub(super) fn parts(fence: Fence) -> Option<(u32, u32)> {
    let number = u32::try_from(fence.0 >> 32).ok()?;
    let counter = u32::try_from(fence.0 & i64::from(u32::MAX)).ok()?;
    Some((number, counter))
}

/// Every worker this process claims for: one, outside of tests.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<WorkerId, Arc<Session>>>);

impl Sessions {
    pub(super) fn of(&self, worker: WorkerId) -> Option<Arc<Session>> {
        self.all().get(&worker).cloned()
    }

    pub(super) fn numbered(&self, number: u32) -> Option<Arc<Session>> {
        let all = self.all();
        all.values().find(|each| each.number == number).cloned()
    }

    /// Begins `session` of `worker`; what it held in an earlier one is lost to it.
    pub(super) fn begin(&self, worker: WorkerId, session: &Arc<Session>) {
        self.all().insert(worker, Arc::clone(session));
    }

    /// Ends `session`; answers whether it had not ended.
    pub(super) fn end(&self, session: &Arc<Session>) -> bool {
        let mut all = self.all();
        let before = all.len();
        all.retain(|_, each| !Arc::ptr_eq(each, session));
        all.len() < before
    }

    fn all(&self) -> MutexGuard<'_, HashMap<WorkerId, Arc<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
