//! Buried tasks are kept, but not without end.

use chrono::TimeDelta;
use domain::ports::{Requeued, Settled, TaskQueue as _, TaskQueueAdmin as _, TaskState, Verdict};
use domain::tasks::{Envelope, Payload, Reason, TaskId};
use redis::{Script, cmd};
use serde_json::Value;
use tests::log::Log;
use tests::redis_server::RedisServer;
use tests::samples::task;

use super::{FIRST, Place};

impl Place<'_> {
    async fn bury(&self, task: Envelope) {
        self.clock.advance(TimeDelta::seconds(1));
        self.queue.enqueue(&[task]).await.unwrap();
        let lease = self.lease(FIRST).await.remove(0);
        let no = Verdict::Bury(Reason::new("no"));
        assert_eq!(self.settle(lease, no).await, Settled::InTime);
    }

    async fn buried(&self) -> Vec<String> {
        let rows = self.queue.list(TaskState::Buried, 999).await.unwrap();
        rows.iter().map(|row| row.id.to_string()).collect()
    }

    async fn buried_bytes(&self) -> usize {
        let size = cmd("GET").arg(self.key("backbeat:buried-size")).to_owned();
        self.ask(&size).await
    }
}

#[tokio::test]
async fn of_the_buried_the_oldest_make_room_for_the_newest() {
    let server = RedisServer::start(&[]).await;
    let place = Place::on(&server);
    place.bury(task("oldest")).await;
    place.bury(task("old")).await;
    // As many as there may be, all of them younger.
    let fill = Script::new(
        "for at = 3, 10000 do
             redis.call('HSET', KEYS[1], at, 'x')
             redis.call('ZADD', KEYS[2], 2 ^ 52, at)
         end",
    );
    let (by_id, by_instant) = (
        place.key("backbeat:buried"),
        place.key("backbeat:buried-at"),
    );
    let mut redis = server.connection().await.unwrap();
    let mut fill = fill.key(&by_id);
    fill.key(&by_instant);
    fill.invoke_async::<()>(&mut redis).await.unwrap();
    let log = Log::listen();

    place.bury(task("new")).await;

    let kept = |id: &str| cmd("HEXISTS").arg(&by_id).arg(id).to_owned();
    let mut there = Vec::new();
    for id in ["oldest", "old", "new"] {
        there.push(place.ask::<bool>(&kept(id)).await);
    }
    assert_eq!(there, [false, true, true]);
    assert_eq!(place.ask::<u32>(cmd("HLEN").arg(&by_id)).await, 10_000);
    assert_eq!(
        place.ask::<u32>(cmd("ZCARD").arg(&by_instant)).await,
        10_000
    );
    let lines = log.lines_with("1 buried tasks on redis made room");
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[tokio::test]
async fn the_buried_are_no_more_than_so_many_bytes() {
    let place = Place::on(RedisServer::shared().await);
    let large = |number: u32| Envelope {
        payload: Payload::from_bytes(vec![b'x'; 180_000]),
        ..task(&number.to_string())
    };
    for number in 0..300 {
        place.bury(large(number)).await;
    }

    let kept = place.buried().await;

    assert_eq!(kept[0], "299", "the newest is there");
    assert!((200..300).contains(&kept.len()), "{}", kept.len());
    let bytes = place.buried_bytes().await;
    assert!((60 << 20..=64 << 20).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn bytes_are_counted_as_they_come_and_go() {
    let place = Place::on(RedisServer::shared().await);
    place.bury(task("a")).await;
    let once = place.buried_bytes().await;
    place.bury(task("a")).await;
    assert_eq!(place.buried_bytes().await, once, "it is the same task");
    place.bury(task("b")).await;
    assert_eq!(place.buried().await, ["b", "a"]);

    for id in ["a", "b"] {
        let id = TaskId::try_from(id.to_owned()).unwrap();
        assert_eq!(place.queue.requeue(&id).await.unwrap(), Requeued::Yes);
    }

    assert_eq!(place.buried_bytes().await, 0);
    assert_eq!(place.lease(FIRST).await.len(), 2);
}

#[tokio::test]
async fn a_buried_task_is_no_message_that_somebody_holds() {
    let place = Place::on(RedisServer::shared().await);
    place.bury(task("a")).await;

    let kept: Vec<u8> = place
        .ask(cmd("HGET").arg(place.key("backbeat:buried")).arg("a"))
        .await;

    assert!(serde_json::from_slice::<Value>(&kept).is_err(), "{kept:?}");
    let id = TaskId::try_from("a".to_owned()).unwrap();
    assert_eq!(place.queue.requeue(&id).await.unwrap(), Requeued::Yes);
    let lease = place.lease(FIRST).await.remove(0);
    assert_eq!(lease.envelope.payload, task("a").payload);
}
