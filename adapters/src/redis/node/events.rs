//! What becomes of tasks, for those who watch.

mod told;
mod waiting;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::ports::{Attempted, Clock, Lease};
use redis::cmd;
use tokio::time::sleep;
use uuid::Uuid;

pub(super) use self::told::arguments;
pub(in crate::redis) use self::told::sent as told_of_sent;
use self::waiting::Waiting;
use super::{Node, Who};
use crate::redis::wire::events::{BATCH, TaskEvent, batch_of_events, channel_of_events};

/// How long events wait for others, so that many travel together.
const GATHER_FOR: Duration = Duration::from_millis(60);
/// So many do not wait.
const ENOUGH: usize = 24;
/// The pause after a failure to tell.
const PAUSE: Duration = Duration::from_millis(500);

/// The voice of a worker: what becomes of tasks is said here, and told by its [`Node`].
///
/// What is said while nobody wants to know costs next to nothing. What nobody could be told
/// of is kept up to a bound, then the newest is dropped; a worker never waits for Redis here.
pub struct Events {
    who: Arc<Who>,
    are_wanted: AtomicBool,
    waiting: Waiting,
}

impl Events {
    /// The voice of the node of this name, which goes by `clock`; from the start if
    /// `are_wanted`, or else when somebody asks for it.
    pub fn new(name: impl Into<String>, clock: Arc<dyn Clock>, are_wanted: bool) -> Self {
        Self {
            who: Arc::new(Who::new(name.into(), clock)),
            are_wanted: AtomicBool::new(are_wanted),
            waiting: Waiting::default(),
        }
    }

    /// The name of the node.
    pub fn node_name(&self) -> &str {
        &self.who.name
    }

    /// How many events were dropped, because nobody could be told of them.
    pub fn dropped(&self) -> u64 {
        self.waiting.dropped()
    }

    /// A task was received, and waits in the worker.
    pub fn received(&self, lease: &Lease) {
        if self.are_wanted() {
            let received = TaskEvent::Received(told::received(lease));
            self.say(lease, &received);
        }
    }

    /// An attempt is about to be made.
    pub fn started(&self, lease: &Lease) {
        if self.are_wanted() {
            self.say(lease, &TaskEvent::Started);
        }
    }

    /// An attempt has ended. To be said once, when those who watch may act on it: when its
    /// result, if anybody waits for one, is stored.
    pub fn ended(&self, attempted: &Attempted) {
        if self.are_wanted() {
            for event in told::ended(attempted, self.node_name()) {
                self.say(&attempted.lease, &event);
            }
        }
    }

    /// Whether anybody wants to know what becomes of tasks.
    pub fn are_wanted(&self) -> bool {
        self.are_wanted.load(Ordering::Relaxed)
    }

    /// Changes whether anybody wants to know; answers whether somebody did before.
    pub(super) fn want(&self, are_wanted: bool) -> bool {
        self.are_wanted.swap(are_wanted, Ordering::Relaxed)
    }

    pub(super) fn who(&self) -> Arc<Who> {
        Arc::clone(&self.who)
    }

    fn say(&self, lease: &Lease, event: &TaskEvent<'_>) {
        let event = event.write(lease.envelope.id.as_str(), &self.who.stamp());
        self.waiting.add(event);
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Events").field(&self.who.name).finish()
    }
}

impl Node {
    /// Tells what is said, for as long as it is polled.
    pub(super) async fn tell_events(&self) {
        loop {
            self.events.waiting.has_some().await;
            if self.events.waiting.count() < ENOUGH {
                sleep(GATHER_FOR).await;
            }
            self.tell_all_events().await;
            if 0 < self.events.waiting.count() {
                sleep(PAUSE).await;
            }
        }
    }

    /// Tells all that was said, unless Redis is away.
    pub(super) async fn tell_all_events(&self) {
        while let Some(batch) = self.events.waiting.batch() {
            let message = batch_of_events(&self.who.name, &batch, Uuid::now_v7());
            if self.publish_event(BATCH, &message).await.is_err() {
                return;
            }
            self.events.waiting.is_told(batch.len());
        }
    }

    /// Publishes a message about events.
    pub(super) async fn publish_event(&self, key: &str, message: &[u8]) -> redis::RedisResult<()> {
        let channel = channel_of_events(self.database, key);
        let mut publish = cmd("PUBLISH");
        publish.arg(self.keys.celerys(&channel)).arg(message);
        self.link.command(&publish).await
    }
}
