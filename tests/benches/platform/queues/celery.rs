//! What people use today: a prefork worker of Celery with the same task, on the same Redis.

use std::time::Duration;

use redis::cmd;
use tempfile::TempDir;
use tests::celery::{PythonWorker, broker};
use tests::redis_server::RedisServer;
use tokio::time::{Instant, sleep};

use crate::platform::queue::TASKS;
use crate::platform::redis::messages;
use crate::platform::report::line;

/// As many as it does in a few seconds.
const FEW: usize = 10_000;

/// `ours` is how long our worker took for [`TASKS`].
pub(super) async fn measure(redis: &RedisServer, ours: Duration) {
    redis.ask::<()>(&cmd("FLUSHALL")).await.unwrap();
    let folder = TempDir::new().unwrap();
    let broker = broker(redis);
    // As many processes as there are cores, and a line in the log for none of its tasks.
    let arguments = ["-P", "prefork", "-c", "2", "-l", "warning"];
    let environment = [("BROKER", broker.as_str())];
    let _worker = PythonWorker::start("nothing", &arguments, folder.path(), &environment);
    let messages = messages();
    // Its first task says that it is there.
    push(redis, &messages[..1]).await;
    until_done(redis).await;
    let began = Instant::now();
    push(redis, &messages[..FEW]).await;
    until_done(redis).await;
    let celery = FEW as f64 / began.elapsed().as_secs_f64();
    let ours = f64::from(TASKS) / ours.as_secs_f64();
    line(
        "Celery 5.7 prefork, two processes: tasks/s drained",
        &format!("{celery:.0}"),
        "",
    );
    line("ours ÷ Celery", &format!("{:.0}", ours / celery), "≥ 80");
}

async fn push(redis: &RedisServer, messages: &[Vec<u8>]) {
    for batch in messages.chunks(500) {
        let mut push = cmd("LPUSH");
        push.arg("celery").arg(batch);
        redis.ask::<()>(&push).await.unwrap();
    }
}

/// Waits until nothing is in Celery's list and nothing is held by its worker.
async fn until_done(redis: &RedisServer) {
    loop {
        let waiting: usize = redis.ask(cmd("LLEN").arg("celery")).await.unwrap();
        let held: usize = redis.ask(cmd("HLEN").arg("unacked")).await.unwrap();
        if waiting + held == 0 {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
}
