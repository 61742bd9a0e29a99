//! The loop that runs tasks: limits, panics, hangs, outages, and the stop.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::memory::MemoryStore;
use adapters::runner::{Runner, RunnerSettings};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta};
use domain::ports::{
    Ended, Enqueued, Lease, PortError, Queues, Settled, Severity, TaskQueue, TaskQueueAdmin,
    TaskRow, TaskState, WorkerId,
};
use domain::tasks::{Context, Envelope, Handler, QueueName, Reason, Router, Task, TaskError};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A task that does as it is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Told {
    Return,
    Fail,
    Panic,
    Hang,
    WaitForSignal,
}

#[derive(Serialize, Deserialize)]
struct Act {
    number: u32,
    told: Told,
}

impl Task for Act {
    type Output = u32;
    const NAME: &'static str = "tests.act";
}

/// What the handlers of a test saw, and the signal that some of them wait for.
struct Stage {
    began: Mutex<BTreeMap<u32, u32>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    cancelled: AtomicU32,
    signal: Semaphore,
}

struct Actor(Arc<Stage>);

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
            Told::Hang => std::future::pending().await,
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

struct Theatre {
    stage: Arc<Stage>,
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    worker: WorkerId,
    stop: CancellationToken,
}

impl Theatre {
    fn open() -> Self {
        let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
        let stage = Stage {
            began: Mutex::default(),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            cancelled: AtomicU32::new(0),
            signal: Semaphore::new(0),
        };
        Self {
            stage: Arc::new(stage),
            store: Arc::new(MemoryStore::new(clock.clone())),
            clock,
            worker: WorkerId::new(Uuid::now_v7()),
            stop: CancellationToken::new(),
        }
    }

    async fn tell(&self, numbers: impl IntoIterator<Item = u32>, told: Told) {
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
    fn run(&self) -> JoinHandle<()> {
        self.run_on(self.store.clone())
    }

    fn run_on(&self, queue: Arc<dyn TaskQueue>) -> JoinHandle<()> {
        let settings = RunnerSettings {
            worker: self.worker,
            queues: Queues::from(QueueName::default()),
            concurrency: 4,
            prefetch: 2,
            time_limit: Duration::from_secs(30),
            grace: Duration::from_secs(5),
        };
        let router = Router::default().route(Actor(self.stage.clone()));
        tokio::spawn(
            Runner::new(queue, self.clock.clone(), router, settings).run(self.stop.clone()),
        )
    }

    async fn tasks(&self, state: TaskState) -> Vec<TaskRow> {
        self.store.list(state, 1000).await.unwrap()
    }

    /// Waits until so many tasks are in `state`; time passes by itself.
    async fn until(&self, count: usize, state: TaskState) {
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

    async fn until_begun(&self, count: usize) {
        while self.stage.began.lock().unwrap().len() < count {
            sleep(Duration::from_millis(5)).await;
        }
    }

    async fn stopped(&self, running: JoinHandle<()>) {
        self.stop.cancel();
        timeout(Duration::from_secs(20), running)
            .await
            .unwrap()
            .unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn every_task_is_done_once() {
    let theatre = Theatre::open();
    theatre.tell(0..200, Told::Return).await;
    let running = theatre.run();

    theatre.until(200, TaskState::Done).await;

    theatre.stopped(running).await;
    assert_eq!(
        theatre.stage.began.lock().unwrap().values().sum::<u32>(),
        200
    );
}

#[tokio::test(start_paused = true)]
async fn as_many_run_at_once_as_there_is_room_for_and_no_more() {
    let theatre = Theatre::open();
    theatre.tell(0..20, Told::WaitForSignal).await;
    let running = theatre.run();
    theatre.until_begun(4).await;

    theatre.stage.signal.add_permits(20);
    theatre.until(20, TaskState::Done).await;

    theatre.stopped(running).await;
    assert_eq!(theatre.stage.most_at_once.load(SeqCst), 4);
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_its_task_alone_and_the_third_buries_it() {
    let theatre = Theatre::open();
    theatre.tell([1], Told::Panic).await;
    theatre.tell(2..50, Told::Return).await;
    let running = theatre.run();

    theatre.until(48, TaskState::Done).await;
    for crashes in 1..3 {
        while theatre.stage.began.lock().unwrap()[&1] != crashes {
            sleep(Duration::from_millis(5)).await;
        }
        theatre.until(1, TaskState::Waiting).await;
        assert_eq!(theatre.tasks(TaskState::Waiting).await[0].crashes, crashes);
        theatre.clock.advance(TimeDelta::hours(2));
    }
    theatre.until(1, TaskState::Buried).await;

    theatre.stopped(running).await;
    let buried = theatre.tasks(TaskState::Buried).await.remove(0);
    assert_eq!(
        buried.reason.unwrap().as_str(),
        "it crashed 3 times, at last: it panicked: told to panic"
    );
}

#[tokio::test(start_paused = true)]
async fn a_hanging_task_is_ended_at_its_limit_and_tried_again() {
    let theatre = Theatre::open();
    theatre.tell([1], Told::Hang).await;
    theatre.tell([2], Told::Return).await;
    let running = theatre.run();

    theatre.until(1, TaskState::Done).await;
    theatre.until(1, TaskState::Waiting).await;

    theatre.stopped(running).await;
    let waiting = theatre.tasks(TaskState::Waiting).await.remove(0);
    assert_eq!((waiting.attempts, waiting.crashes), (1, 0));
    assert_eq!(
        waiting.reason.unwrap().as_str(),
        "it exceeded its time limit of 30 s"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_waits_for_its_time_and_counts() {
    let theatre = Theatre::open();
    theatre.tell([1], Told::Fail).await;
    let running = theatre.run();

    theatre.until_begun(1).await;
    theatre.until(1, TaskState::Waiting).await;

    theatre.stopped(running).await;
    assert_eq!(theatre.tasks(TaskState::Waiting).await[0].attempts, 1);
    assert_eq!(
        theatre.stage.began.lock().unwrap()[&1],
        1,
        "the clock stands still, so it is not due again"
    );
}

#[tokio::test(start_paused = true)]
async fn after_the_stop_what_runs_ends_and_what_waits_goes_back() {
    let theatre = Theatre::open();
    theatre.tell(0..10, Told::WaitForSignal).await;
    let running = theatre.run();
    theatre.until_begun(4).await;

    theatre.stop.cancel();
    sleep(Duration::from_secs(2)).await;
    theatre.stage.signal.add_permits(10);
    theatre.stopped(running).await;

    assert_eq!(theatre.tasks(TaskState::Done).await.len(), 4);
    assert_eq!(
        theatre.stage.cancelled.load(SeqCst),
        4,
        "running tasks are told of the stop"
    );
    assert_eq!(theatre.tasks(TaskState::Running).await, []);
    let waiting = theatre.tasks(TaskState::Waiting).await;
    assert_eq!(waiting.len(), 6);
    assert!(
        waiting
            .iter()
            .all(|task| (task.attempts, task.crashes) == (0, 0))
    );
}

#[tokio::test(start_paused = true)]
async fn what_outlasts_the_grace_period_goes_back_uncounted() {
    let theatre = Theatre::open();
    theatre.tell([1], Told::Hang).await;
    let running = theatre.run();
    theatre.until_begun(1).await;

    theatre.stopped(running).await;

    let waiting = theatre.tasks(TaskState::Waiting).await.remove(0);
    assert_eq!((waiting.attempts, waiting.crashes), (0, 0));
}

/// A queue that fails so many times before it works.
struct FlakyQueue {
    queue: Arc<MemoryStore>,
    failures_left: AtomicU32,
}

impl FlakyQueue {
    fn fail(&self) -> Result<(), PortError> {
        let had = self
            .failures_left
            .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        had.map_or(Ok(()), |_| {
            Err(PortError {
                adapter: "flaky",
                action: "answer",
                severity: Severity::Transient,
                source: "out of order".into(),
            })
        })
    }
}

#[async_trait]
impl TaskQueue for FlakyQueue {
    async fn enqueue(&self, tasks: &[Envelope]) -> Result<Vec<Enqueued>, PortError> {
        self.fail()?;
        self.queue.enqueue(tasks).await
    }

    async fn lease(
        &self,
        worker: &WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Lease>, PortError> {
        self.fail()?;
        self.queue.lease(worker, queues, most, wait).await
    }

    async fn settle(&self, ended: &[Ended]) -> Result<Vec<Settled>, PortError> {
        // The settlement is stored, and its answer lost.
        let settled = self.queue.settle(ended).await?;
        self.fail()?;
        Ok(settled)
    }

    async fn alive(&self, worker: &WorkerId) -> Result<usize, PortError> {
        self.fail()?;
        self.queue.alive(worker).await
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_queue_loses_and_doubles_nothing() {
    let theatre = Theatre::open();
    theatre.tell(0..100, Told::Return).await;
    let flaky = Arc::new(FlakyQueue {
        queue: theatre.store.clone(),
        failures_left: AtomicU32::new(7),
    });
    let running = theatre.run_on(flaky.clone());

    theatre.until(100, TaskState::Done).await;
    flaky.failures_left.store(7, SeqCst);
    theatre.tell(100..200, Told::Return).await;
    theatre.until(200, TaskState::Done).await;

    theatre.stopped(running).await;
    let began: u32 = theatre.stage.began.lock().unwrap().values().sum();
    assert_eq!(began, 200);
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_worker_held_is_done_by_the_next() {
    let theatre = Theatre::open();
    theatre.tell(0..6, Told::Return).await;
    let dead = WorkerId::new(Uuid::now_v7());
    let held = theatre
        .store
        .lease(&dead, &QueueName::default().into(), 6, Duration::ZERO)
        .await
        .unwrap();
    theatre.store.forget(&dead);

    let running = theatre.run();
    theatre.until(6, TaskState::Done).await;

    theatre.stopped(running).await;
    assert_eq!(held.len(), 6);
    assert!(
        theatre
            .tasks(TaskState::Done)
            .await
            .iter()
            .all(|task| task.crashes == 1)
    );
}
