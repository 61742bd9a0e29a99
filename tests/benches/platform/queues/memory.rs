//! What a worker takes that has a million tasks to do.

use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::redis::wire::{Sent, encode};
use domain::ports::Clock as _;
use domain::tasks::{Envelope, QueueName};
use domain::use_cases::CongratulateArtist;
use redis::{Client, pipe};
use tempfile::TempDir;
use tests::program::Program;
use tests::redis_server::RedisServer;
use tokio::time::sleep;
use uuid::Uuid;

use crate::platform::albums::quiet;
use crate::platform::idle::resident;
use crate::platform::report::line;

const WAITING: u32 = 1_000_000;
const WATCHED: Duration = Duration::from_secs(15);

/// The tasks are of albums that do not exist: a look at the store each.
pub(super) async fn measure() {
    let redis = RedisServer::start(&[]).await;
    let socket = redis.folder().join("redis.sock");
    let client = Client::open(format!("unix://{}", socket.display())).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    for _ in 0..WAITING / 1000 {
        let mut push = pipe();
        let batch: Vec<Vec<u8>> = (0..1000).map(|_| message()).collect();
        push.lpush("celery", batch).ignore();
        let () = push.query_async(&mut connection).await.unwrap();
    }
    let folder = TempDir::new().unwrap();
    let mut how = quiet("worker", folder.path());
    how.env("REDIS_URL", redis.url().to_string())
        .env("LOG_LEVEL", "off");
    let mut worker = Program::start(how);
    worker.line_with("ready");
    let mut most: f64 = 0.0;
    for _ in 0..WATCHED.as_millis() / 100 {
        sleep(Duration::from_millis(100)).await;
        most = most.max(resident(worker.id()));
    }
    line(
        "worker with 1,000,000 tasks waiting on Redis: MiB resident",
        &format!("{most:.1}"),
        "≤ 64",
    );
}

fn message() -> Vec<u8> {
    let task = CongratulateArtist {
        artist_id: domain::model::ArtistId::new(Uuid::now_v7()),
        album_id: domain::model::AlbumId::new(Uuid::now_v7()),
    };
    let envelope = Envelope::seal(&task, Uuid::now_v7(), QueueName::default());
    let now = SystemClock.now();
    encode(&Sent {
        envelope: &envelope,
        due_at: now,
        now,
        tag: Uuid::now_v7(),
        conveyed: false,
    })
}
