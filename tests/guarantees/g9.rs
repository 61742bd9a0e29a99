//! G9: memory is bounded, whatever waits.

use std::fs;
use std::time::Duration;

use redis::{cmd, pipe};
use tokio::time::{sleep, timeout};

use super::fleet::{Fleet, Role};

/// How many MiB a worker may take: 64, and two for each task at a time.
const MOST: u64 = 64 + 2 * 32;
/// A message far beyond what is read.
const GIANT: usize = 64 * 1024 * 1024;
const MANY: usize = 100_000;

promises! { on servers: giants_and_many_messages_leave_a_worker_small; }

async fn giants_and_many_messages_leave_a_worker_small(mut fleet: Fleet) {
    let redis = &fleet.servers().redis;
    let mut many = pipe();
    many.lpush("celery", vec![b'x'; GIANT]).ignore();
    for number in 0..MANY {
        many.lpush(
            "celery",
            format!("nothing that anybody understands {number}"),
        )
        .ignore();
    }
    let mut connection = redis.connection().await.unwrap();
    connection.set_response_timeout(Duration::from_mins(1));
    many.exec_async(&mut connection).await.unwrap();

    let left = async {
        while redis.ask::<usize>(cmd("LLEN").arg("celery")).await.unwrap() > 0 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_mins(1), left)
        .await
        .expect("all is set aside");
    let mut ada = fleet.artist("ada").await;
    let album = ada.publish("In between").await.unwrap();
    fleet.until_mailed(&[album], Duration::from_mins(1)).await;

    for process in fleet.processes(Role::Worker) {
        let most = most_resident(process);
        assert!(most <= MOST, "a worker took {most} MiB");
    }
    fleet.end();
}

/// How many MiB a process had in memory at a time, at most.
fn most_resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1024
}
