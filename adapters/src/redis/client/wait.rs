//! Waits for a result where Redis tells it.

use std::time::Duration;

use domain::ports::{PortError, Severity};
use futures_util::StreamExt as _;
use redis::RedisResult;
use redis::aio::PubSub;
use serde_json::Value;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::redis::error::failed;
use crate::redis::link::CONNECT_WITHIN;
use crate::redis::results::ResultStore;
use crate::redis::server::Server;
use crate::redis::wire::read_stored;

/// How long to listen without looking: what is told while nobody listens is not told again,
/// and a connection that is dead tells nothing.
const LISTEN_FOR: Duration = Duration::from_secs(5);
/// How long to leave Redis alone after a failure.
const PAUSE: Duration = Duration::from_millis(250);
/// As good as for ever: instants end somewhere.
const FOREVER: Duration = Duration::from_hours(365 * 24);

/// Waits for one result.
pub(super) struct Waiting<'a> {
    pub(super) store: &'a ResultStore,
    pub(super) server: &'a Server,
    /// The task.
    pub(super) id: &'a str,
    pub(super) action: &'static str,
}

impl Waiting<'_> {
    /// The document that is there now.
    pub(super) async fn look(&self) -> Result<Option<Value>, PortError> {
        let text = self
            .store
            .look(self.id)
            .await
            .map_err(failed(self.action))?;
        text.map(|text| self.document(&text)).transpose()
    }

    /// The document of a task that has ended, as soon as it is there.
    pub(super) async fn until_ready(&self, within: Duration) -> Result<Option<Value>, PortError> {
        let deadline = Instant::now() + within.min(FOREVER);
        loop {
            let heard = self.listen(deadline).await;
            let again = Instant::now() + PAUSE;
            match heard {
                Ok(Some(document)) => return Ok(Some(document)),
                Ok(None) if deadline <= again => return Ok(None),
                Err(error) if error.severity == Severity::Permanent || deadline <= again => {
                    return Err(error);
                }
                Ok(None) | Err(_) => sleep_until(again).await,
            }
        }
    }

    /// Listens for a while; looks before, because what is there already is not told.
    async fn listen(&self, deadline: Instant) -> Result<Option<Value>, PortError> {
        let subscribed = timeout(CONNECT_WITHIN, self.subscribed()).await;
        let subscribed = subscribed
            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()));
        let mut subscribed = subscribed.map_err(failed(self.action))?;
        let mut told = subscribed.on_message();
        loop {
            if let Some(document) = self.look().await?.filter(is_ready) {
                return Ok(Some(document));
            }
            let until = deadline.min(Instant::now() + LISTEN_FOR);
            match timeout_at(until, told.next()).await {
                Ok(Some(message)) => {
                    let document = self.document(message.get_payload_bytes())?;
                    if is_ready(&document) {
                        return Ok(Some(document));
                    }
                }
                // The connection has ended.
                Ok(None) => return Ok(None),
                Err(_) if deadline <= Instant::now() => return Ok(None),
                Err(_) => {}
            }
        }
    }

    async fn subscribed(&self) -> RedisResult<PubSub> {
        let mut subscribed = self.server.client().await?.get_async_pubsub().await?;
        subscribed.subscribe(self.store.channel(self.id)).await?;
        Ok(subscribed)
    }

    fn document(&self, text: &[u8]) -> Result<Value, PortError> {
        read_stored(text).ok_or_else(|| PortError {
            adapter: "redis",
            action: self.action,
            severity: Severity::Permanent,
            source: "what is there is no document of a result".into(),
        })
    }
}

/// Whether the task has ended.
fn is_ready(document: &Value) -> bool {
    let status = document.get("status").and_then(Value::as_str);
    matches!(status, Some("SUCCESS" | "FAILURE" | "REVOKED"))
}
