//! Runs tasks: the loop around [`attempt`](domain::tasks::attempt).
//!
//! One loop leases ahead, begins what there is room for, and settles what has ended, each
//! while the others go on. A task runs in a spawn of its own under its time limit, so that
//! a panic or a hang costs that task and nothing else.

mod controls;
mod one;
mod settling;
mod unobserved;
mod watched;
mod work;

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{
    Clock, Lease, PortError, Queues, TaskObserver, TaskQueue, WorkerControl, WorkerId,
};
use domain::tasks::{RateLimit, Router};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

pub use controls::Controls;
use unobserved::Unobserved;
use work::{Work, when_some};

/// How long one lease waits for work; a stop waits for it to return.
const LEASE_WAIT: Duration = Duration::from_millis(250);
/// How long after the grace period the queue may take to hear how the last tasks ended.
const LAST_SETTLEMENT: Duration = Duration::from_secs(1);
/// How often it is looked whether an attempt neither ends nor yields, or does nothing but wait for
/// somebody else.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long there may be room for more before it is filled although enough is at hand: so what
/// waits for its time does not wait behind tasks that take long.
const FILL_AFTER: Duration = Duration::from_millis(100);
/// The pause after a lease that failed.
const LEASE_PAUSE: Duration = Duration::from_millis(500);

/// Leases tasks, attempts them and settles them until it is stopped.
pub struct Runner {
    queue: Arc<dyn TaskQueue>,
    clock: Arc<dyn Clock>,
    router: Arc<Router>,
    settings: RunnerSettings,
    controls: Arc<Controls>,
    observer: Arc<dyn TaskObserver>,
}

/// How a runner works.
#[derive(Clone, Debug)]
pub struct RunnerSettings {
    /// Who works: made anew for each process.
    pub worker: WorkerId,
    /// Which queues it serves.
    pub queues: Queues,
    /// How many tasks run at once; at least one.
    pub concurrency: usize,
    /// How many tasks are leased ahead for each that may run.
    pub prefetch: usize,
    /// How long one attempt may take when its task does not say.
    pub time_limit: Duration,
    /// How long it may take before it fails, if that comes first.
    pub soft_time_limit: Option<Duration>,
    /// How often a task may be begun when it does not say.
    pub rate_limit: Option<RateLimit>,
    /// Whether rate limits are kept at all, whoever set them.
    pub keeps_rate_limits: bool,
    /// How long running tasks may go on after the stop.
    pub grace: Duration,
    /// How often the worker says that it lives: several times in the time after which the
    /// queue takes it for dead.
    pub heartbeat: Duration,
}

impl Runner {
    /// A runner of what `router` knows.
    pub fn new(
        queue: Arc<dyn TaskQueue>,
        clock: Arc<dyn Clock>,
        router: Router,
        settings: RunnerSettings,
    ) -> Self {
        let router = Arc::new(router);
        let controls = Controls::new(Arc::clone(&clock), Arc::clone(&router), &settings);
        Self {
            queue,
            clock,
            router,
            settings,
            controls: Arc::new(controls),
            observer: Arc::new(Unobserved),
        }
    }

    /// This runner, which lets `observer` hear how tasks fare.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn TaskObserver>) -> Self {
        self.observer = observer;
        self
    }

    /// Who works.
    pub fn worker(&self) -> WorkerId {
        self.settings.worker
    }

    /// By which it can be asked and told things while it works.
    pub fn controls(&self) -> Arc<Controls> {
        Arc::clone(&self.controls)
    }

    /// Works until `stop` is cancelled, then ends in order; [told to shut
    /// down](WorkerControl::shut_down), it cancels `stop` itself.
    ///
    /// After the stop nothing more is leased, what was leased and not begun goes back at
    /// once, and what runs may go on for the grace period; what still runs then is
    /// cancelled and goes back, too. Nothing that goes back counts as an attempt.
    ///
    /// It ends before the stop, and in the same order, when an attempt neither ends nor yields
    /// although its time is over: nothing but the end of the process gets rid of that.
    pub async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = self.work(&stop) => {}
            never = self.heartbeat() => match never {},
        }
    }

    async fn work(&self, stop: &CancellationToken) {
        let mut work = Work::new(self);
        let (mut leasing, mut settling) = (None, None);
        // When the grace period ends; none before the stop.
        let mut end = None;
        let mut look = interval(LOOK_EVERY);
        // Two looks are never closer: who waits at both has waited long.
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut asked = Instant::now();
        loop {
            if end.is_none() {
                work.begin();
                let is_long_ago = FILL_AFTER <= asked.elapsed();
                if leasing.is_none() && (work.wants_more() || is_long_ago && work.takes_more()) {
                    (leasing, asked) = (self.lease(work.room()).map(Box::pin), Instant::now());
                }
            }
            if settling.is_none() && work.has_ended() {
                settling = Some(Box::pin(self.settle(work.take_ended())));
            }
            if end.is_some() && leasing.is_none() && settling.is_none() && work.is_over() {
                return;
            }
            tokio::select! {
                () = stop.cancelled(), if end.is_none() => {
                    end = Some(Instant::now() + self.settings.grace);
                    work.stop();
                }
                () = self.controls.is_shut_down(), if !stop.is_cancelled() => stop.cancel(),
                () = self.controls.is_cut_short(), if end.is_some_and(|end| Instant::now() < end) => {
                    end = Some(Instant::now());
                }
                () = self.controls.is_told() => work.look_again(),
                () = at(work.held_until()), if end.is_none() => {}
                // What was granted after the stop goes back.
                leases = when_some(&mut leasing) => {
                    (leasing, asked) = (None, Instant::now());
                    work.add(leases);
                }
                () = sleep_until(asked + FILL_AFTER), if end.is_none() && leasing.is_none() && work.takes_more() => {}
                () = when_some(&mut settling) => settling = None,
                () = work.one_ends() => {}
                _ = look.tick(), if end.is_none() && work.is_running() => {
                    work.look_who_waits();
                    if work.has_stuck() {
                        tracing::error!("a task neither ends nor yields although its time is over: this worker hands back the rest and ends");
                        end = Some(Instant::now() + self.settings.grace);
                        work.stop();
                    }
                }
                () = at(end), if work.is_running() => work.abort().await,
                () = at(end.map(|end| end + LAST_SETTLEMENT)) => {
                    return tracing::error!("the queue could not be told how the last tasks ended: they will be offered again");
                }
            }
        }
    }

    /// Leases up to `most` tasks; on failure says so, rests a little, and has none. Nothing if no
    /// queue is served.
    fn lease(&self, most: usize) -> Option<impl Future<Output = Vec<Lease>>> {
        let queues = Queues::new(self.controls.queues())?;
        Some(async move {
            let worker = &self.settings.worker;
            match self.queue.lease(worker, &queues, most, LEASE_WAIT).await {
                Ok(leases) => leases,
                Err(error) => {
                    say("tasks cannot be leased for now", &error);
                    sleep(LEASE_PAUSE).await;
                    Vec::new()
                }
            }
        })
    }

    async fn heartbeat(&self) -> Infallible {
        loop {
            match self.queue.alive(&self.settings.worker).await {
                Ok(0) => {}
                Ok(count) => tracing::warn!(count, "took back {count} tasks of workers that died"),
                Err(error) => say("the queue cannot be told that this worker lives", &error),
            }
            sleep(self.settings.heartbeat).await;
        }
    }
}

/// Waits until `instant`, for ever if there is none.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => pending().await,
    }
}

fn say(what: &str, error: &PortError) {
    tracing::warn!(error = error as &dyn std::error::Error, "{what}");
}
