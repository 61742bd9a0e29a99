//! Where commands arrive.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::{PushInfo, PushKind, RedisResult, Value, cmd};
use tokio::sync::Notify;

use crate::redis::link::{Link, with_deadlines};
use crate::redis::server::Server;
use crate::redis::wire::MOST_TRANSIENT;

/// How many commands wait at most, and how many bytes.
const MOST: usize = 256;
const MOST_BYTES: usize = 4 * MOST_TRANSIENT;

/// A connection of its own, on which Redis tells what is said to all workers.
pub(super) struct Inbox {
    link: Link,
    arrived: Arc<Arrived>,
}

/// What was said and not read yet. When there is no more room, the newest is dropped: whoever
/// says more than a worker can read is not served by a worker that falls over.
#[derive(Default)]
struct Arrived {
    messages: Mutex<Kept>,
    rings: Notify,
    is_cut_off: Notify,
}

#[derive(Default)]
struct Kept {
    messages: VecDeque<Vec<u8>>,
    bytes: usize,
    is_full: bool,
}

impl Inbox {
    /// The server must be one that is told to push, as RESP3 has it.
    pub(super) fn new(server: Server, channel: &str, address: String) -> Self {
        let arrived = Arc::new(Arrived::default());
        let heard = Arc::clone(&arrived);
        let push = move |push: PushInfo| {
            heard.push(push);
            Ok::<(), Infallible>(())
        };
        let mut subscribe = cmd("SUBSCRIBE");
        subscribe.arg(channel);
        let config = with_deadlines().set_push_sender(push);
        Self {
            link: Link::new(server, config, Some(subscribe), address),
            arrived,
        }
    }

    /// Looks whether Redis still tells, and has it tell again if it does not.
    pub(super) async fn is_open(&self) -> RedisResult<()> {
        self.link.command(&cmd("PING")).await
    }

    /// Ends when Redis has cut the connection off.
    pub(super) async fn is_cut_off(&self) {
        self.arrived.is_cut_off.notified().await;
    }

    /// The next message, once there is one.
    pub(super) async fn next(&self) -> Vec<u8> {
        loop {
            if let Some(message) = self.arrived.take() {
                return message;
            }
            self.arrived.rings.notified().await;
        }
    }
}

impl Arrived {
    fn push(&self, push: PushInfo) {
        match push.kind {
            PushKind::Message => {
                if let Some(Value::BulkString(message)) = push.data.into_iter().nth(1) {
                    self.add(message);
                }
            }
            PushKind::Disconnection => self.is_cut_off.notify_one(),
            _ => {}
        }
    }

    fn add(&self, message: Vec<u8>) {
        if MOST_TRANSIENT < message.len() {
            let length = message.len();
            tracing::warn!("a command of {length} bytes was dropped: it is too long");
            return;
        }
        let mut kept = self.kept();
        if MOST <= kept.messages.len() || MOST_BYTES < kept.bytes + message.len() {
            if !std::mem::replace(&mut kept.is_full, true) {
                tracing::warn!("commands are dropped: there are more than this worker can read");
            }
            return;
        }
        kept.bytes += message.len();
        kept.messages.push_back(message);
        self.rings.notify_one();
    }

    fn take(&self) -> Option<Vec<u8>> {
        let mut kept = self.kept();
        let message = kept.messages.pop_front()?;
        kept.bytes -= message.len();
        kept.is_full = kept.is_full && !kept.messages.is_empty();
        Some(message)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_dropped_and_what_comes_after_it_is_heard() {
        let arrived = Arrived::default();
        for _ in 0..5 {
            arrived.add(vec![0; MOST_TRANSIENT]);
        }
        arrived.add(vec![0; MOST_TRANSIENT + 1]);
        assert_eq!(arrived.kept().messages.len(), 4);
        while arrived.take().is_some() {}
        for _ in 0..MOST + 5 {
            arrived.add(vec![0]);
        }
        assert_eq!(arrived.kept().messages.len(), MOST);
        while arrived.take().is_some() {}
        arrived.add(vec![1]);
        assert_eq!(arrived.take(), Some(vec![1]));
        assert_eq!(arrived.kept().bytes, 0);
    }
}
