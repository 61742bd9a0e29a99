//! The world with its queue on Redis, and a store in memory beside it.

use std::sync::Arc;

use adapters::clock::ManualClock;
use adapters::memory::MemoryStore;
use adapters::redis::{RedisQueue, RedisSettings};
use tests::redis_server::RedisServer;
use tests::samples::START;
use uuid::Uuid;

use super::World;

/// Redis is no store: all ports but those of a queue are filled by one beside it.
pub(crate) async fn redis() -> World {
    let clock = Arc::new(ManualClock::at(START));
    let settings = RedisSettings {
        prefix: format!("{}:", Uuid::now_v7()),
        ..RedisSettings::default()
    };
    let url = RedisServer::shared().await.url();
    let queue = Arc::new(RedisQueue::open(&url, clock.clone(), settings).unwrap());
    let mortal = queue.clone();
    let store = Arc::new(MemoryStore::new(clock.clone()));
    World {
        queue: queue.clone(),
        admin: queue,
        end: Box::new(move |worker| {
            let queue = mortal.clone();
            Box::pin(async move { queue.forget(&worker).await.unwrap() })
        }),
        ..World::of(store, clock, MemoryStore::forget, ())
    }
}
