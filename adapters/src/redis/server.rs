//! The server to talk to: the one that was named, or the master that sentinels name.

use std::io;
use std::time::Duration;

use redis::sentinel::SentinelClient;
use redis::{Client, RedisConnectionInfo, RedisResult};
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long sentinels may take to name a master that says it is one.
const NAMED_WITHIN: Duration = Duration::from_secs(3);

/// The server to talk to, which may be another one the next time.
pub(super) enum Server {
    Named(Box<Client>),
    /// Whom to ask, and who we are to the master.
    Sentinels(Box<(Mutex<SentinelClient>, RedisConnectionInfo)>),
}

impl Server {
    pub(super) fn named_by(sentinels: SentinelClient, settings: RedisConnectionInfo) -> Self {
        Self::Sentinels(Box::new((Mutex::new(sentinels), settings)))
    }

    /// A client of the server that is to be talked to now.
    pub(super) async fn client(&self) -> RedisResult<Client> {
        let (sentinels, settings) = match self {
            Self::Named(client) => return Ok(Client::clone(client)),
            Self::Sentinels(both) => &**both,
        };
        let asking = async { sentinels.lock().await.async_get_client().await };
        let master = match timeout(NAMED_WITHIN, asking).await {
            Ok(master) => master?,
            Err(_) => return Err(silent().into()),
        };
        let master = master.get_connection_info().clone();
        Client::open(master.set_redis_settings(settings.clone()))
    }
}

fn silent() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "no sentinel names a master")
}
