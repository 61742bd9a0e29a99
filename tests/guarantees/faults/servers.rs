//! How servers break, and the ways to them.

use std::fs;
use std::time::Duration;

use redis::cmd;
use serde_json::json;
use tests::proxy::{Proxy, Way};
use tokio::time::sleep;

use super::{Fault, Leg};
use crate::guarantees::fleet::Fleet;

/// Breaks a server or the way to it, and mends it after a while.
pub(super) async fn strike(fault: Fault, fleet: &mut Fleet, a_while: Duration) {
    let servers = fleet.servers.as_mut().expect("servers");
    match fault {
        Fault::KillPostgres => {
            servers.postgres.kill();
            sleep(a_while).await;
            servers.postgres.go_on();
        }
        Fault::KillRedis => {
            // Whatever dump there was is of another fault.
            let _ = fs::remove_file(servers.redis.folder().join("dump.rdb"));
            servers.redis.crash().await;
            sleep(a_while).await;
            servers.redis.start_again().await;
        }
        Fault::PauseRedis => {
            servers.redis.pause();
            sleep(a_while * 3).await;
            servers.redis.resume();
        }
        Fault::FlushAll => servers.tell_redis(&["FLUSHALL"]).await,
        Fault::OldDump => {
            servers.tell_redis(&["SAVE"]).await;
            sleep(a_while).await;
            servers.redis.crash().await;
            servers.redis.start_again().await;
            fs::remove_file(servers.redis.folder().join("dump.rdb")).unwrap();
        }
        Fault::ReadOnly => {
            servers.tell_redis(&["REPLICAOF", "127.0.0.1", "1"]).await;
            sleep(a_while).await;
            servers.tell_redis(&["REPLICAOF", "NO", "ONE"]).await;
        }
        Fault::RedisFull => {
            servers
                .tell_redis(&["CONFIG", "SET", "maxmemory", "1"])
                .await;
            sleep(a_while).await;
            servers
                .tell_redis(&["CONFIG", "SET", "maxmemory", "0"])
                .await;
        }
        Fault::EndSessions => {
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
            servers.database.query(end);
        }
        Fault::Bad(Leg::Postgres, way) => broken(&servers.to_postgres, way, a_while).await,
        Fault::Bad(Leg::Redis, way) => broken(&servers.to_redis, way, a_while).await,
        Fault::Poison => poison(fleet).await,
        other => unreachable!("{other:?} is of the programs"),
    }
}

pub(super) async fn broken(way_to: &Proxy, way: Way, for_a_while: Duration) {
    way_to.becomes(way);
    sleep(for_a_while).await;
    way_to.becomes(Way::Open);
}

/// One of each kind that no worker can do anything with, what waits once more, and one that is done.
async fn poison(fleet: &Fleet) {
    let servers = fleet.servers.as_ref().expect("servers");
    let waiting: Vec<Vec<u8>> = servers
        .redis
        .ask(cmd("LRANGE").arg("celery").arg(0).arg(9))
        .await
        .unwrap();
    let done = "SELECT id FROM tasks WHERE state = 'done' LIMIT 1";
    let done = servers.database.query(done);
    let message = |task: &str, id: &str, content_type: &str| {
        json!({
            "body": "W1tdLCB7fSwge31d", "content-type": content_type, "content-encoding": "utf-8",
            "headers": {"task": task, "id": id, "lang": "py"},
            "properties": {"delivery_tag": id, "correlation_id": id, "body_encoding": "base64", "delivery_info": {}},
        })
        .to_string()
        .into_bytes()
    };
    let congratulate = "albums.tasks.congratulate_artist";
    let mut poisons = vec![
        b"no JSON".to_vec(),
        "[".repeat(100_000).into_bytes(),
        vec![b'x'; 1_000_000],
        message(congratulate, "pickled", "application/x-python-serialize"),
        message("tasks.nobody_knows", "unknown", "application/json"),
        message(congratulate, "without-arguments", "application/json"),
        message(congratulate, &done, "application/json"),
    ];
    poisons.extend(waiting);
    for poison in poisons {
        servers
            .redis
            .ask::<()>(cmd("LPUSH").arg("celery").arg(poison))
            .await
            .unwrap();
    }
}
