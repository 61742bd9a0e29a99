//! Sentinels say who the server is, now and after a fail-over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use adapters::clock::SystemClock;
use adapters::redis::{RedisQueue, RedisSettings, RedisUrl};
use domain::ports::{Settled, Severity, TaskQueue as _, TaskQueueAdmin as _, chain};
use domain::tasks::QueueName;
use redis::cmd;
use serde_json::json;
use tests::redis_sentinels::{MASTER, RedisSentinels};
use tests::samples::task;
use tokio::time::{sleep, timeout};

use super::outages::{HEALED, at_last, command};
use super::{FIRST, done, lease, settle};

fn open(url: &RedisUrl) -> RedisQueue {
    RedisQueue::open(url, Arc::new(SystemClock), RedisSettings::default()).unwrap()
}

/// Waits until everything that was written is on the replica.
async fn is_copied(servers: &RedisSentinels) {
    let began = Instant::now();
    let mut wait = cmd("WAIT");
    wait.arg(1).arg(100);
    while servers.master.ask::<u32>(&wait).await.unwrap() < 1 {
        assert!(began.elapsed() < HEALED, "nothing is copied");
    }
}

#[tokio::test]
async fn a_fail_over_is_followed() {
    let mut servers = RedisSentinels::start().await;
    let url = RedisUrl::try_from(servers.url("").as_str()).unwrap();
    let queue = open(&url.with_master_name(MASTER));
    queue.enqueue(&["a", "b"].map(task)).await.unwrap();
    let held = lease(&queue, FIRST).await.remove(0);
    assert_eq!(queue.counts().await.unwrap()[0].running, 2);
    is_copied(&servers).await;

    servers.master.crash().await;
    servers.sentinels[0].crash().await;
    let began = Instant::now();
    let trying = async {
        while let Err(error) = queue.enqueue(&[task("c")]).await {
            assert_eq!(error.severity, Severity::Transient, "{error:?}");
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(HEALED, trying).await.expect("it is queued");

    assert_eq!(at_last(&queue).await, ["c"]);
    assert!(began.elapsed() < HEALED, "{:?}", began.elapsed());
    assert_eq!(settle(&queue, held, done(json!(1))).await, Settled::InTime);
    assert_eq!(queue.counts().await.unwrap()[0].running, 2, "b and c");
    assert_eq!(
        servers
            .replica
            .ask::<u32>(cmd("EXISTS").arg("backbeat:workers"))
            .await
            .unwrap(),
        1
    );
}

/// The old master comes back as a replica, and says so to whoever writes.
#[tokio::test]
async fn a_master_that_was_demoted_is_left_for_the_new_one() {
    let servers = RedisSentinels::start().await;
    let url = format!("{}?master_name={MASTER}", servers.url(""));
    let queue = open(&RedisUrl::try_from(url.as_str()).unwrap());
    queue.enqueue(&[task("a")]).await.unwrap();
    is_copied(&servers).await;

    let hand_over = command(&["SENTINEL", "FAILOVER", MASTER]);
    servers.sentinels[0].ask::<()>(&hand_over).await.unwrap();

    let demoted = async {
        let role = command(&["INFO", "replication"]);
        // Who is demoted cuts off those who are connected.
        let is_slave = |said: String| said.contains("role:slave");
        while !servers.master.ask(&role).await.is_ok_and(is_slave) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(HEALED, demoted).await.expect("it hands over");
    assert_eq!(at_last(&queue).await, ["a"]);
}

#[tokio::test]
async fn master_and_sentinels_may_each_want_to_know_who_asks() {
    let servers = RedisSentinels::start().await;
    for server in [&servers.master, &servers.replica] {
        let user = command(&["ACL", "SETUSER", "me", "on", ">one", "~*", "&*", "+@all"]);
        server.ask::<()>(&user).await.unwrap();
    }
    for sentinel in &servers.sentinels {
        let user = command(&["ACL", "SETUSER", "asker", "on", ">two", "+@all"]);
        sentinel.ask::<()>(&user).await.unwrap();
        let nobody = command(&["ACL", "SETUSER", "default", "off"]);
        sentinel.ask::<()>(&nobody).await.unwrap();
    }
    let url = RedisUrl::try_from(servers.url("me:one@").as_str()).unwrap();
    let url = url.with_master_name(MASTER);

    let refused = open(&url).enqueue(&[task("a")]).await.unwrap_err();
    assert_eq!(refused.severity, Severity::Transient);

    let known = url.with_sentinel_login("asker", "two");
    open(&known).enqueue(&[task("a")]).await.unwrap();
    let list = QueueName::default().to_string();
    let length: u32 = servers.master.ask(cmd("LLEN").arg(list)).await.unwrap();
    assert_eq!(length, 1);
}

#[tokio::test]
async fn an_unknown_master_is_waited_for_and_none_at_all_is_refused() {
    let servers = RedisSentinels::start().await;
    let url = RedisUrl::try_from(servers.url("").as_str()).unwrap();

    let unknown = open(&url.clone().with_master_name("another"));
    let refusal = unknown.enqueue(&[task("a")]).await.unwrap_err();
    assert_eq!(refusal.severity, Severity::Transient);
    assert!(
        chain(&refusal).contains("Master with given name not found"),
        "{}",
        chain(&refusal)
    );

    assert!(url.lacks_master_name());
    let settings = RedisSettings::default();
    let nameless = RedisQueue::open(&url, Arc::new(SystemClock), settings).unwrap_err();
    assert_eq!(nameless.severity, Severity::Permanent);
    assert!(
        chain(&nameless).contains("master_name"),
        "{}",
        chain(&nameless)
    );
}
