//! Hears when a queue may have got a task, from whomever it came.

use std::convert::Infallible;
use std::sync::Arc;

use redis::{PushInfo, RedisResult, ScriptInvocation, cmd};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::link::{Link, with_deadlines};
use super::server::Server;

/// A connection of its own, on which Redis says when a key that was looked at has changed.
///
/// A look is answered at once, so that there is no blocking read, and no message comes over
/// this connection, however long it is.
#[derive(Debug)]
pub(super) struct Bell {
    link: Link,
    rings: Arc<Notify>,
}

impl Bell {
    /// The server must be one that is told to push, as RESP3 has it.
    pub(super) fn new(server: Server, address: String) -> Self {
        let rings = Arc::new(Notify::new());
        let heard = Arc::clone(&rings);
        // Whatever is pushed, the end of the connection included, is a reason to look again.
        let push = move |_: PushInfo| {
            heard.notify_waiters();
            Ok::<(), Infallible>(())
        };
        let config = with_deadlines().set_push_sender(push);
        let mut tracking = cmd("CLIENT");
        tracking.arg("TRACKING").arg("ON");
        Self {
            link: Link::new(server, config, Some(tracking), address),
            rings,
        }
    }

    /// Ends when the bell rings the next time.
    pub(super) fn rings(&self) -> Notified<'_> {
        self.rings.notified()
    }

    /// Runs a script that looks; the bell rings when a key that it names changes afterwards.
    pub(super) async fn look(&self, script: &ScriptInvocation<'_>) -> RedisResult<String> {
        self.link.script(script).await
    }
}
