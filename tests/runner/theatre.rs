//! A runner, and tasks that do as they are told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::memory::MemoryStore;
use adapters::runner::{Controls, Runner, RunnerSettings};
use async_trait::async_trait;
use chrono::DateTime;
use domain::ports::{
    Attempted, Enqueued, Lease, PortError, Queues, Severity, TaskObserver, TaskQueue,
    TaskQueueAdmin, TaskRow, TaskState, WorkerId,
};
use domain::tasks::{
    Context, Envelope, Handler, Outcome, QueueName, Reason, Router, Task, TaskError, TaskId,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A task that does as it is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Told {
    Return,
    Fail,
    Panic,
    Hang,
    WaitForSignal,
    /// The same, and lends its slot meanwhile.
    WaitAside,
    /// Waits for somebody else for a moment, and lends its slot.
    WaitForAMoment,
    /// Never yields until it is released.
    Block,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Act {
    pub(super) number: u32,
    pub(super) told: Told,
}

impl Task for Act {
    type Output = u32;
    const NAME: &'static str = "tests.act";
}

/// What the handlers of a test saw, and the signal that some of them wait for.
pub(super) struct Stage {
    pub(super) began: Mutex<BTreeMap<u32, u32>>,
    pub(super) at_once: AtomicUsize,
    pub(super) most_at_once: AtomicUsize,
    pub(super) cancelled: AtomicU32,
    pub(super) signal: Semaphore,
    pub(super) released: AtomicBool,
}

pub(super) struct Actor(pub(super) Arc<Stage>);

#[async_trait]
impl Handler<Act> for Actor {
    async fn handle(&self, task: Act, context: &Context) -> Result<u32, TaskError> {
        let stage = &self.0;
        *stage.began.lock().unwrap().entry(task.number).or_default() += 1;
        let at_once = stage.at_once.fetch_add(1, SeqCst) + 1;
        stage.most_at_once.fetch_max(at_once, SeqCst);
        let outcome = match task.told {
            Told::Return => Ok(task.number),
            Told::Fail => Err(TaskError::Retry(Reason::new("told to fail"))),
            Told::Panic => {
                stage.at_once.fetch_sub(1, SeqCst);
                panic!("told to panic");
            }
            Told::Block => {
                while !stage.released.load(SeqCst) {
                    std::thread::sleep(Duration::from_millis(10));
                }
                Ok(task.number)
            }
            Told::Hang => std::future::pending().await,
            Told::WaitAside => {
                let signal = context.slot.lent_for(stage.signal.acquire()).await;
                signal.unwrap().forget();
                Ok(task.number)
            }
            Told::WaitForAMoment => {
                let moment = sleep(Duration::from_millis(200));
                context.slot.lent_for(moment).await;
                Ok(task.number)
            }
            Told::WaitForSignal => {
                stage.signal.acquire().await.unwrap().forget();
                stage
                    .cancelled
                    .fetch_add(u32::from(context.cancellation.is_cancelled()), SeqCst);
                Ok(task.number)
            }
        };
        stage.at_once.fetch_sub(1, SeqCst);
        outcome
    }
}

/// Sees how tasks fare, and may be hindered.
#[derive(Default)]
pub(super) struct Spectator {
    pub(super) failures_left: AtomicU32,
    outcomes: Mutex<Vec<(TaskId, Outcome)>>,
}

impl Spectator {
    pub(super) fn outcomes(&self) -> Vec<(TaskId, Outcome)> {
        self.outcomes.lock().unwrap().clone()
    }
}

#[async_trait]
impl TaskObserver for Spectator {
    fn received(&self, _: &Lease) {}

    fn started(&self, _: &Lease) {}

    async fn ended(&self, attempts: &[Attempted]) -> Result<(), PortError> {
        let failures = &self.failures_left;
        let had = failures.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        if had.is_ok() {
            return Err(PortError {
                adapter: "spectator",
                action: "see",
                severity: Severity::Transient,
                source: "the curtain is down".into(),
            });
        }
        let seen = attempts.iter();
        let seen = seen.map(|each| (each.lease.envelope.id.clone(), each.outcome.clone()));
        self.outcomes.lock().unwrap().extend(seen);
        Ok(())
    }
}

pub(super) struct Theatre {
    pub(super) stage: Arc<Stage>,
    pub(super) store: Arc<MemoryStore>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) worker: WorkerId,
    pub(super) stop: CancellationToken,
}

impl Theatre {
    pub(super) fn open() -> Self {
        let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
        let stage = Stage {
            began: Mutex::default(),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            cancelled: AtomicU32::new(0),
            signal: Semaphore::new(0),
            released: AtomicBool::new(false),
        };
        Self {
            stage: Arc::new(stage),
            store: Arc::new(MemoryStore::new(clock.clone())),
            clock,
            worker: WorkerId::new(Uuid::now_v7()),
            stop: CancellationToken::new(),
        }
    }

    pub(super) async fn tell(&self, numbers: impl IntoIterator<Item = u32>, told: Told) {
        let tasks: Vec<Envelope> = numbers
            .into_iter()
            .map(|number| {
                Envelope::seal(
                    &Act {
                        number,
                        told: told.clone(),
                    },
                    number,
                    QueueName::default(),
                )
            })
            .collect();
        let enqueued = self.store.enqueue(&tasks).await.unwrap();
        assert!(enqueued.iter().all(|each| *each == Enqueued::New));
    }

    /// Starts a runner with room for four tasks.
    pub(super) fn run(&self) -> JoinHandle<()> {
        self.run_on(self.store.clone())
    }

    pub(super) fn run_on(&self, queue: Arc<dyn TaskQueue>) -> JoinHandle<()> {
        tokio::spawn(self.runner(queue).run(self.stop.clone()))
    }

    /// Starts a runner that can be told things, and one who sees how its tasks fare.
    pub(super) fn run_observed(&self) -> (JoinHandle<()>, Arc<Controls>, Arc<Spectator>) {
        let spectator = Arc::new(Spectator::default());
        let runner = self.runner(self.store.clone());
        let runner = runner.observed_by(spectator.clone());
        let controls = runner.controls();
        let running = tokio::spawn(runner.run(self.stop.clone()));
        (running, controls, spectator)
    }

    fn runner(&self, queue: Arc<dyn TaskQueue>) -> Runner {
        let settings = RunnerSettings {
            worker: self.worker,
            queues: Queues::from(QueueName::default()),
            concurrency: 4,
            prefetch: 2,
            time_limit: Duration::from_secs(30),
            soft_time_limit: None,
            rate_limit: None,
            keeps_rate_limits: true,
            grace: Duration::from_secs(5),
            heartbeat: Duration::from_secs(5),
        };
        let router = Router::default().route(Actor(self.stage.clone()));
        Runner::new(queue, self.clock.clone(), router, settings)
    }

    pub(super) async fn tasks(&self, state: TaskState) -> Vec<TaskRow> {
        self.store.list(state, 1000).await.unwrap()
    }

    /// Waits until so many tasks are in `state`; time passes by itself.
    pub(super) async fn until(&self, count: usize, state: TaskState) {
        let arrived = async {
            while self.tasks(state).await.len() != count {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let in_time = timeout(Duration::from_mins(1), arrived).await.is_ok();
        assert!(
            in_time,
            "{} and not {count} are {}",
            self.tasks(state).await.len(),
            state.as_str()
        );
    }

    pub(super) async fn until_begun(&self, count: usize) {
        while self.stage.began.lock().unwrap().len() < count {
            sleep(Duration::from_millis(5)).await;
        }
    }

    pub(super) async fn stopped(&self, running: JoinHandle<()>) {
        self.stop.cancel();
        timeout(Duration::from_secs(20), running)
            .await
            .unwrap()
            .unwrap();
    }
}
