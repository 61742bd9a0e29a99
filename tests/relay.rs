//! Tasks on their way from a store to workers by Redis: whatever is lost, repeated or comes
//! back from the dead, each is done once.

mod lost;

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::memory::MemoryStore;
use adapters::redis::{RedisQueue, RedisSettings};
use domain::ports::{
    Conveyor, Lease, Queues, TaskQueue, TaskQueueAdmin, TaskState, Verdict, WorkerId,
};
use domain::relay::{Relay, RelayedQueue};
use domain::tasks::{Envelope, OwnWork, Payload, QueueName};
use redis::{FromRedisValue, cmd};
use serde_json::{Value, json};
use tests::redis_server::RedisServer;
use tests::samples::{START, task, value, worker};
use uuid::Uuid;

const FIRST: WorkerId = worker(1);
const SECOND: WorkerId = worker(2);
const NO_WAIT: Duration = Duration::ZERO;

/// A store, Redis, and the queue that is made of both.
struct Place {
    server: RedisServer,
    prefix: String,
    store: Arc<MemoryStore>,
    conveyor: Arc<RedisQueue>,
    queue: RelayedQueue,
}

impl Place {
    async fn new() -> Self {
        let server = RedisServer::start(&[]).await;
        let clock = Arc::new(ManualClock::at(START));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let prefix = format!("{}:", Uuid::now_v7());
        let settings = RedisSettings {
            prefix: prefix.clone(),
            ..RedisSettings::default()
        };
        let conveyor = Arc::new(RedisQueue::open(&server.url(), clock, settings).unwrap());
        let queue = RelayedQueue::new(store.clone(), store.clone(), conveyor.clone());
        Self {
            server,
            prefix,
            store,
            conveyor,
            queue,
        }
    }

    fn relay(&self, number: u128) -> Relay {
        let (store, conveyor) = (self.store.clone(), self.conveyor.clone());
        Relay::new(store.clone(), store, conveyor, worker(number), own_work())
    }

    async fn enqueue(&self, ids: &[&str]) {
        let tasks: Vec<Envelope> = ids.iter().map(|id| task(id)).collect();
        self.queue.enqueue(&tasks).await.unwrap();
    }

    async fn lease(&self, worker: &WorkerId) -> Vec<Lease> {
        let queues = Queues::from(QueueName::default());
        self.queue
            .lease(worker, &queues, 100, NO_WAIT)
            .await
            .unwrap()
    }

    /// The ids of what `worker` does now.
    async fn does(&self, worker: &WorkerId) -> Vec<String> {
        let leases = self.lease(worker).await;
        let ids = leases.iter().map(|lease| lease.envelope.id.to_string());
        let ids = ids.collect();
        let ended = leases
            .into_iter()
            .map(|it| it.end(Verdict::Done(Value::Null)));
        self.queue.settle(&ended.collect::<Vec<_>>()).await.unwrap();
        ids
    }

    async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut command = cmd(words[0]);
        command.arg(&words[1..]);
        self.server.ask(&command).await.unwrap()
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    async fn states(&self) -> [usize; 4] {
        let mut counts = [0; 4];
        for (count, state) in counts.iter_mut().zip(TaskState::ALL) {
            *count = self.store.list(state, 1000).await.unwrap().len();
        }
        counts
    }
}

/// What our workers do.
fn own_work() -> OwnWork {
    OwnWork {
        names: vec![task("any").name],
        python_queues: vec![value("legacy")],
    }
}

#[tokio::test]
async fn a_task_travels_by_redis_and_its_row_decides() {
    let place = Place::new().await;
    let mut relay = place.relay(77);
    place.enqueue(&["a", "b"]).await;

    assert_eq!(place.lease(&FIRST).await.len(), 0, "nobody has relayed it");
    assert_eq!(relay.step(NO_WAIT).await.unwrap(), 2);
    let list = place.key("celery");
    assert_eq!(place.ask::<usize>(&["LLEN", &list]).await, 2);
    let leases = place.lease(&FIRST).await;

    assert_eq!(leases.len(), 2);
    assert_eq!(place.states().await, [0, 2, 0, 0]);
    // The messages have done their duty.
    let held: Vec<String> = place.ask(&["KEYS", &place.key("backbeat:held:*")]).await;
    assert_eq!(held, [""; 0]);
}

#[tokio::test]
async fn a_message_that_comes_twice_is_done_once() {
    let place = Place::new().await;
    let mut relay = place.relay(77);
    place.enqueue(&["a"]).await;
    relay.step(NO_WAIT).await.unwrap();
    let list = place.key("celery");
    let message: Vec<u8> = place.ask(&["LINDEX", &list, "0"]).await;
    let again = async || {
        let mut push = cmd("LPUSH");
        push.arg(&list).arg(&message);
        place.server.ask::<()>(&push).await.unwrap();
    };

    again().await;
    assert_eq!(place.does(&FIRST).await, ["a"]);
    again().await;
    assert_eq!(place.does(&SECOND).await, [""; 0]);

    assert_eq!(place.states().await, [0, 0, 1, 0]);
    assert_eq!(place.ask::<usize>(&["LLEN", &list]).await, 0);
}

#[tokio::test]
async fn what_python_does_ends_for_us_when_redis_has_it() {
    let place = Place::new().await;
    let mut relay = place.relay(77);
    let unknown = Envelope {
        name: value("reports.tasks.weekly"),
        ..task("unknown")
    };
    let routed = Envelope {
        queue: value("legacy"),
        ..task("routed")
    };
    let tasks = [unknown, routed, task("ours")];
    place.queue.enqueue(&tasks).await.unwrap();

    relay.step(NO_WAIT).await.unwrap();

    assert_eq!(place.states().await, [1, 0, 2, 0]);
    assert_eq!(place.ask::<usize>(&["LLEN", &place.key("legacy")]).await, 1);
    assert_eq!(place.ask::<usize>(&["LLEN", &place.key("celery")]).await, 2);
}

#[tokio::test]
async fn what_is_too_long_for_redis_is_buried_and_keeps_nobody_back() {
    let place = Place::new().await;
    let mut relay = place.relay(77);
    let giant = Envelope {
        payload: Payload::from_bytes(vec![b'x'; 2_200_000]),
        ..task("giant")
    };
    place.queue.enqueue(&[giant, task("a")]).await.unwrap();

    relay.step(NO_WAIT).await.unwrap();

    assert_eq!(place.does(&FIRST).await, ["a"]);
    let buried = place.store.list(TaskState::Buried, 9).await.unwrap();
    assert_eq!(buried.len(), 1);
    let reason = buried[0].reason.clone().unwrap();
    assert!(reason.as_str().contains("long"), "{reason}");
}

#[tokio::test]
async fn while_the_store_is_asked_for_nothing_python_is_served() {
    let place = Place::new().await;
    let foreign = Envelope {
        id: value("from python"),
        ..task("x")
    };
    place.conveyor.enqueue(&[foreign]).await.unwrap();

    let lease = place.lease(&FIRST).await.remove(0);

    assert_eq!(lease.envelope.id, value("from python"));
    let done = [lease.end(Verdict::Done(json!("well")))];
    let settled = place.queue.settle(&done).await.unwrap();
    assert_eq!(settled, [domain::ports::Settled::InTime]);
    assert_eq!(place.states().await, [0, 0, 0, 0], "it has no row");
}

#[tokio::test]
async fn what_a_killed_worker_had_claimed_and_not_taken_comes_back() {
    let place = Place::new().await;
    let mut relay = place.relay(77);
    place.enqueue(&["a"]).await;
    relay.step(NO_WAIT).await.unwrap();
    let queues = Queues::from(QueueName::default());
    let claimed = place.conveyor.lease(&FIRST, &queues, 9, NO_WAIT).await;
    assert!(claimed.unwrap()[0].conveyed);

    place.conveyor.forget(&FIRST).await.unwrap();
    place.queue.alive(&SECOND).await.unwrap();

    let lease = place.lease(&SECOND).await.remove(0);
    assert_eq!((lease.attempt, lease.crashes), (1, 0), "the row counts");
    let pushes = place.conveyor.pushes_of(&[worker(77)]).await.unwrap();
    assert_eq!(pushes[0].last, 1);
}
