//! What a runner can be asked and told while it works.

mod rates;
mod revocations;
mod told;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ports::{Clock, Lease, UnknownTask};
use domain::tasks::{Envelope, QueueName, Router, Signal, TaskName, TimeLimits};
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::RunnerSettings;
use rates::Rates;
use revocations::Revocations;

/// A handle on a runner, by which it can be asked and told things while it works.
pub struct Controls {
    clock: Arc<dyn Clock>,
    router: Arc<Router>,
    limits: TimeLimits,
    prefetch: usize,
    keeps_rates: bool,
    state: Mutex<State>,
    /// Rings when the runner should look at what it was told.
    told: Notify,
    shut_down: CancellationToken,
    cut_short: CancellationToken,
}

#[derive(Default)]
struct State {
    /// What is in the runner's hands, in the order in which it came.
    in_hand: BTreeMap<u64, Hand>,
    next: u64,
    begun: BTreeMap<TaskName, u64>,
    revocations: Revocations,
    rates: Rates,
    /// Time limits that were told, hard and soft, by task.
    limits: HashMap<String, (Option<Duration>, Option<Duration>)>,
    queues: Vec<QueueName>,
    concurrency: usize,
}

struct Hand {
    lease: Arc<Lease>,
    running: Option<Running>,
}

struct Running {
    since: DateTime<Utc>,
    abort: AbortHandle,
    terminated: Option<Terminated>,
}

/// Since when a task that runs is terminated, and by which signal.
#[derive(Clone, Copy)]
pub(super) struct Terminated {
    pub(super) since: Instant,
    pub(super) by: Signal,
}

impl Controls {
    pub(super) fn new(
        clock: Arc<dyn Clock>,
        router: Arc<Router>,
        settings: &RunnerSettings,
    ) -> Self {
        let state = State {
            rates: Rates::new(&router, settings.rate_limit.as_ref()),
            queues: settings.queues.names().to_vec(),
            concurrency: settings.concurrency.max(1),
            ..State::default()
        };
        Self {
            clock,
            router,
            limits: TimeLimits {
                hard: settings.time_limit,
                soft: settings.soft_time_limit,
            },
            prefetch: settings.prefetch,
            keeps_rates: settings.keeps_rate_limits,
            state: Mutex::new(state),
            told: Notify::new(),
            shut_down: CancellationToken::new(),
            cut_short: CancellationToken::new(),
        }
    }

    /// Ends the grace period, or has none after the stop: what runs goes back at once.
    pub fn cut_short(&self) {
        self.cut_short.cancel();
    }

    pub(super) async fn is_cut_short(&self) {
        self.cut_short.cancelled().await;
    }

    pub(super) async fn is_shut_down(&self) {
        self.shut_down.cancelled().await;
    }

    /// Ends when something was told that the runner should look at.
    pub(super) async fn is_told(&self) {
        self.told.notified().await;
    }

    /// Takes note of a task that came; answers the number under which it is known here.
    pub(super) fn receive(&self, lease: &Arc<Lease>) -> u64 {
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        let lease = Arc::clone(lease);
        let running = None;
        state.in_hand.insert(number, Hand { lease, running });
        number
    }

    pub(super) fn begin(&self, number: u64, abort: AbortHandle) {
        let since = self.clock.now();
        let mut state = self.state();
        let Some(hand) = state.in_hand.get_mut(&number) else {
            return;
        };
        hand.running = Some(Running {
            since,
            abort,
            terminated: None,
        });
        let lease = Arc::clone(&hand.lease);
        let name = &lease.envelope.name;
        // Producers may make up any number of names that nobody knows.
        if !self.router.knows(name.as_str()) {
            return;
        }
        // A name is kept once, not made anew for each task.
        match state.begun.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                state.begun.insert(name.clone(), 1);
            }
        }
    }

    /// Forgets a task that is in nobody's hands any more; answers whether it was terminated, and how.
    pub(super) fn end(&self, number: u64) -> Option<Terminated> {
        let hand = self.state().in_hand.remove(&number)?;
        hand.running?.terminated
    }

    /// Whether a task that still runs is terminated.
    pub(super) fn terminated(&self, number: u64) -> Option<Terminated> {
        let state = self.state();
        state.in_hand.get(&number)?.running.as_ref()?.terminated
    }

    pub(super) fn is_revoked(&self, task: &Envelope) -> bool {
        self.state().revocations.include(task)
    }

    /// Allows this task to be begun now, or says when it may be.
    pub(super) fn may_begin(&self, task: &TaskName) -> Result<(), Instant> {
        if !self.keeps_rates {
            return Ok(());
        }
        self.state().rates.may_begin(task.as_str())
    }

    /// How long an attempt at `task` may take.
    pub(super) fn limits_of(&self, task: &Envelope) -> TimeLimits {
        let of_task = self.router.time_limit(&task.name);
        let told = self.state().limits.get(task.name.as_str()).copied();
        let (hard, soft) = told.unwrap_or_default();
        let usual = TimeLimits {
            hard: hard.or(of_task).unwrap_or(self.limits.hard),
            soft: soft.or(self.limits.soft),
        };
        usual.as_told_by(task)
    }

    fn knows(&self, task: &str) -> Result<(), UnknownTask> {
        self.router.knows(task).then_some(()).ok_or(UnknownTask)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
