//! Connections for an operator's looks, which may be long and must not keep the workers waiting.

use std::sync::{Mutex, PoisonError};

use deadpool_redis::{Connection, Manager, Pool, PoolError, Runtime};
use redis::{Client, ConnectionAddr, ErrorKind, RedisError, RedisResult};

use super::link::{ANSWER_WITHIN, CONNECT_WITHIN, with_deadlines};
use super::server::Server;

/// How many connections these may be.
const MOST_LOOKING: usize = 4;

/// A pool of connections to the server that is to be talked to now.
pub(super) struct Looks {
    server: Server,
    pool: Mutex<Option<(ConnectionAddr, Pool)>>,
}

impl Looks {
    pub(super) fn new(server: Server) -> Self {
        Self {
            server,
            pool: Mutex::default(),
        }
    }

    pub(super) async fn connection(&self) -> RedisResult<Connection> {
        let client = self.server.client().await?;
        let pool = self.pool_of(&client)?;
        pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            other => RedisError::from((ErrorKind::Io, "no connection", other.to_string())),
        })
    }

    /// The pool there is, or another if another server has taken over.
    fn pool_of(&self, client: &Client) -> RedisResult<Pool> {
        let info = client.get_connection_info();
        let mut kept = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((addr, pool)) = &*kept
            && addr == info.addr()
        {
            return Ok(pool.clone());
        }
        let manager = Manager::new_with_config(info.clone(), with_deadlines())?;
        let pool = Pool::builder(manager)
            .max_size(MOST_LOOKING)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(ANSWER_WITHIN))
            .create_timeout(Some(CONNECT_WITHIN))
            .recycle_timeout(Some(ANSWER_WITHIN))
            .build()
            .expect("a pool with a runtime may have timeouts");
        *kept = Some((info.addr().clone(), pool.clone()));
        Ok(pool)
    }
}
