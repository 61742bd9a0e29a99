//! Where tasks lie on Redis, and in which order they are served.

use chrono::TimeDelta;
use domain::ports::{Queues, TaskQueue as _, Verdict};
use domain::tasks::{Due, Envelope, Priority, Reason};
use redis::cmd;
use tests::redis_server::RedisServer;
use tests::samples::{START, task, value};

use super::{FIRST, NO_WAIT, Place, SECOND, ids};

#[tokio::test]
async fn what_we_enqueue_lies_where_python_looks() {
    let place = Place::on(RedisServer::shared().await);
    let urgency = |number| Envelope {
        priority: Priority::new(number),
        ..task(&number.to_string())
    };
    place
        .queue
        .enqueue(&[urgency(0), urgency(4), urgency(9)])
        .await
        .unwrap();

    for list in ["celery", "celery\u{6}\u{16}3", "celery\u{6}\u{16}9"] {
        assert_eq!(place.length(list).await, 1, "{list:?}");
    }
}

#[tokio::test]
async fn what_was_not_begun_goes_back_to_where_python_sees_it() {
    let place = Place::on(RedisServer::shared().await);
    place
        .queue
        .enqueue(&["a", "b", "c"].map(task))
        .await
        .unwrap();
    let whole = cmd("LRANGE")
        .arg(place.key("celery"))
        .arg(0)
        .arg(-1)
        .to_owned();
    let before: Vec<Vec<u8>> = place.ask(&whole).await;
    let leases = place.lease(FIRST).await;
    assert_eq!(place.length("celery").await, 0);

    let ended: Vec<_> = leases
        .into_iter()
        .map(|lease| lease.end(Verdict::Release))
        .collect();
    place.queue.settle(&ended).await.unwrap();

    assert_eq!(
        place.ask::<Vec<Vec<u8>>>(&whole).await,
        before,
        "byte for byte, in order"
    );
}

#[tokio::test]
async fn a_busy_queue_does_not_starve_a_quiet_one() {
    let place = Place::on(RedisServer::shared().await);
    let on = |queue, id: &str| Envelope {
        queue: value(queue),
        ..task(id)
    };
    let busy: Vec<_> = (0..100)
        .map(|number| on("busy", &number.to_string()))
        .collect();
    place.queue.enqueue(&busy).await.unwrap();
    place
        .queue
        .enqueue(&[on("quiet", "q1"), on("quiet", "q2")])
        .await
        .unwrap();
    let both = Queues::new([value("busy"), value("quiet")]).unwrap();
    let lease = async |most| {
        place
            .queue
            .lease(&FIRST, &both, most, NO_WAIT)
            .await
            .unwrap()
    };

    let one_by_one = [lease(1).await, lease(1).await].concat();
    assert_eq!(ids(&one_by_one), ["0", "q1"]);
    assert_eq!(lease(10).await.len(), 10);
    assert_eq!(place.length("quiet").await, 0, "both had their share");
}

#[tokio::test]
async fn all_keys_have_the_prefix() {
    let server = RedisServer::start(&[]).await;
    let place = Place::on(&server);
    let later = Envelope {
        due: Due::At(START + TimeDelta::hours(1)),
        ..task("later")
    };
    place
        .queue
        .enqueue(&["a", "b", "c"].map(task))
        .await
        .unwrap();
    place.queue.enqueue(&[later]).await.unwrap();
    place.send("celery", b"broken").await;
    let mut leases = place.lease(FIRST).await;
    place
        .settle(leases.remove(0), Verdict::Bury(Reason::new("no")))
        .await;
    place.queue.forget(&FIRST).await.unwrap();
    place.queue.alive(&SECOND).await.unwrap();
    place.lease(SECOND).await;

    let keys: Vec<String> = place.ask(cmd("KEYS").arg("*")).await;

    assert!(5 < keys.len(), "{keys:?}");
    for key in keys {
        assert!(key.starts_with(&place.settings.prefix), "{key}");
    }
}
