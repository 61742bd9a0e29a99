//! A node of a cluster, which refuses whatever touches keys of two slots.

use std::time::Duration;

use domain::ports::{Conveyor as _, Push, TaskQueue as _, TaskQueueAdmin as _, TaskState, Verdict};
use domain::tasks::{Due, Envelope, OwnWork, Reason};
use redis::cmd;
use serde_json::Value;
use tests::ports::free_port;
use tests::redis_server::RedisServer;
use tests::samples::task;

use super::{FIRST, Place, SECOND, done};

#[tokio::test]
async fn with_a_hash_tag_all_keys_are_in_one_slot() {
    let (port, bus) = (free_port().to_string(), free_port().to_string());
    let options = [
        "--bind",
        "127.0.0.1",
        "--port",
        &port,
        "--cluster-port",
        &bus,
    ];
    let options = [&options[..], &["--cluster-enabled", "yes"]].concat();
    let server = RedisServer::start(&options).await;
    let mut slots = cmd("CLUSTER");
    slots.arg("ADDSLOTSRANGE").arg(0).arg(16_383);
    server.ask::<()>(&slots).await.unwrap();
    until_up(&server).await;
    let place = Place::tagged(&server);
    let queue = &place.queue;

    let later = Envelope {
        due: Due::After(Duration::from_hours(1)),
        ..task("later")
    };
    let tasks = [
        task("done"),
        task("again"),
        task("buried"),
        task("back"),
        later,
    ];
    queue.enqueue(&tasks).await.unwrap();
    place.send("celery", b"no message").await;
    let push = Push {
        relay: FIRST,
        number: 1,
    };
    let row = task("a row's");
    let own = OwnWork {
        names: vec![row.name.clone()],
        ..OwnWork::default()
    };
    queue.push(push, 0, &[row], &own).await.unwrap();
    let pushes = queue.pushes_of(&[FIRST, SECOND]).await.unwrap();
    assert_eq!([pushes[0].last, pushes[1].last], [1, 0]);
    for lease in place.lease(FIRST).await {
        let verdict = match lease.envelope.id.as_str() {
            "again" => Verdict::Retry(Duration::ZERO, Reason::new("away")),
            "buried" => Verdict::Bury(Reason::new("no hope")),
            "back" => Verdict::Release,
            _ => done(Value::Null),
        };
        place.settle(lease, verdict).await;
    }

    assert_eq!(place.lease(FIRST).await.len(), 2);
    queue.forget(&FIRST).await.unwrap();
    assert_eq!(queue.alive(&SECOND).await.unwrap(), 2);
    assert_eq!(queue.counts().await.unwrap()[0].buried, 1);
    assert_eq!(queue.list(TaskState::Waiting, 9).await.unwrap().len(), 3);
    assert_eq!(queue.quarantined(9).await.unwrap().len(), 1);
    queue.requeue(&task("buried").id).await.unwrap();
    assert_eq!(queue.purge(&task("any").queue).await.unwrap(), 4);
}

/// A node serves its slots a moment after it got them.
async fn until_up(server: &RedisServer) {
    for _ in 0..600 {
        let mut info = cmd("CLUSTER");
        let info: String = server.ask(info.arg("INFO")).await.unwrap();
        if info.contains("cluster_state:ok") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the cluster does not come up");
}
