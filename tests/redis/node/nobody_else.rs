//! Where Redis is away.

use std::time::{Duration, Instant};

use domain::ports::Attempted;
use domain::tasks::Outcome;
use serde_json::Value;
use tests::redis_server::RedisServer;

use super::Place;
use super::worker::lease;

#[tokio::test]
async fn a_worker_never_waits_for_whoever_listens() {
    let server = RedisServer::start(&[]).await;
    let place = Place::start("redis://127.0.0.1:1/0", &server, "", None);
    place.events.received(&lease("costs nothing"));
    assert_eq!(place.events.dropped(), 0);
    // Nobody can say so, but a worker may be started so.
    let loud = adapters::redis::Events::new(
        "loud@test",
        std::sync::Arc::new(adapters::clock::SystemClock),
        true,
    );
    let ended = Attempted {
        lease: std::sync::Arc::new(lease("a")),
        outcome: Outcome::Done(Value::Null),
        took: Duration::ZERO,
    };

    for _ in 0..30_000 {
        loud.ended(&ended);
    }

    assert_eq!(loud.dropped(), 10_000);
    let began = Instant::now();
    place.stop().await;
    assert!(began.elapsed() < Duration::from_secs(20));
}
