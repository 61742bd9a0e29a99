//! The servers of a fleet, and the ways to them.

use redis::Cmd;
use tests::postgres::{Database, PostgresServer};
use tests::proxy::{Proxy, Target};
use tests::redis_server::RedisServer;

/// The servers of a fleet on many machines, each with the way to it.
pub(in crate::guarantees) struct Servers {
    pub(in crate::guarantees) postgres: &'static PostgresServer,
    pub(in crate::guarantees) database: Database,
    pub(in crate::guarantees) to_postgres: Proxy,
    pub(in crate::guarantees) redis: RedisServer,
    pub(in crate::guarantees) to_redis: Proxy,
}

impl Servers {
    pub(super) async fn start() -> Self {
        let postgres = PostgresServer::start("");
        let redis = RedisServer::start(&[]).await;
        let socket = redis.folder().join("redis.sock");
        Self {
            database: postgres.database(),
            to_postgres: Proxy::to(Target::Socket(postgres.socket())).await,
            to_redis: Proxy::to(Target::Socket(socket)).await,
            postgres,
            redis,
        }
    }

    /// Tells Redis something, past the way to it.
    pub(in crate::guarantees) async fn tell_redis(&self, words: &[&str]) {
        let mut command = Cmd::new();
        command.arg(words);
        self.redis.ask::<redis::Value>(&command).await.unwrap();
    }
}
