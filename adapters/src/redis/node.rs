//! A worker as Celery sees it: it tells what it does, and does what it is told.

mod asking;
mod commands;
mod events;
mod heartbeat;
mod inbox;
mod machine;
mod mingle;
mod pidbox;
mod revoked;
mod who;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{PortError, WorkerControl};
use futures_util::future::BoxFuture;
use redis::{ProtocolVersion, RedisResult};
use serde_json::{Map, Value};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

pub use self::events::Events;
pub(super) use self::events::told_of_sent;
pub use self::machine::host;
pub use self::revoked::RevokedResults;
pub(super) use self::who::Who;

use self::asking::Scripts;
use self::inbox::Inbox;
use self::revoked::Revocations;
use super::RedisUrl;
use super::error::failed;
use super::keys::Keys;
use super::link::Link;

/// How long the last words of a worker may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long a worker waits for what others know.
const MEET_WITHIN: Duration = Duration::from_secs(2);

/// How a node is set up.
#[derive(Clone, Debug)]
pub struct NodeSettings {
    /// What every key and every channel begins with (`global_keyprefix`).
    pub prefix: String,
    /// How often it says that it is there; `None` if it says neither that nor that it comes and
    /// goes. Who watches takes it for gone after twice as long.
    pub heartbeat: Option<Duration>,
    /// Whether it obeys commands.
    pub obeys: bool,
    /// Whether it asks other workers what they know.
    pub mingles: bool,
    /// The settings that somebody made, by their names in Celery. What looks like a secret is
    /// never told, but need not be here.
    pub conf: Map<String, Value>,
    /// The settings that nobody made.
    pub defaults: Map<String, Value>,
}

/// A worker as Celery's command line, its monitors and its other workers see it.
///
/// It answers commands (`celery inspect`, `celery control`), says that it is there, tells of
/// tasks what its [`Events`] were told, and remembers on Redis which tasks were revoked, so
/// that workers know it that start later. It needs Redis for all that, but not to be there:
/// while Redis is away, it tries again, and the worker goes on.
pub struct Node {
    who: Arc<Who>,
    control: Arc<dyn WorkerControl>,
    events: Arc<Events>,
    results: Option<Arc<dyn RevokedResults>>,
    settings: NodeSettings,
    /// Where Redis is, for people.
    broker: Value,
    database: i64,
    keys: Keys,
    scripts: Scripts,
    link: Link,
    inbox: Inbox,
    revocations: Revocations,
    bindings: commands::Bindings,
    /// Rings when the node should say now that it is there.
    asked_for: Notify,
    since: Instant,
}

impl Node {
    /// The node that is heard in `events`, at `url`, of the worker behind `control`. Results of
    /// revoked tasks are stored in `results`, if anybody waits for results.
    ///
    /// # Errors
    ///
    /// When no connection can be made of what `url` says.
    pub fn open(
        url: &RedisUrl,
        events: Arc<Events>,
        control: Arc<dyn WorkerControl>,
        results: Option<Arc<dyn RevokedResults>>,
        settings: NodeSettings,
    ) -> Result<Self, PortError> {
        let keys = Keys::new(settings.prefix.clone());
        let database = url.database();
        let open = || -> RedisResult<_> {
            let inbox = Inbox::new(
                url.server(ProtocolVersion::RESP3)?,
                &pidbox::channel(&keys, database),
                url.to_string(),
            );
            Ok((Link::to(url)?, inbox))
        };
        let (link, inbox) = open().map_err(failed("open"))?;
        Ok(Self {
            who: events.who(),
            control,
            events,
            results,
            broker: commands::broker(url),
            settings,
            database,
            keys,
            scripts: Scripts::default(),
            link,
            inbox,
            revocations: Revocations::default(),
            bindings: commands::Bindings::default(),
            asked_for: Notify::new(),
            since: Instant::now(),
        })
    }

    /// Is there until `stop` is cancelled, which is to be after the worker has ended.
    ///
    /// Last it tells what it has not told yet, and that it goes.
    pub async fn run(&self, stop: CancellationToken) {
        // Boxed, because whoever contains it would be too deep for the compiler.
        let there: BoxFuture<'_, _> = Box::pin(async {
            tokio::join!(
                self.be_heard(),
                self.tell_events(),
                self.listen(),
                self.obey(),
                self.remember_revoked(),
            )
        });
        stop.run_until_cancelled(there).await;
        if timeout(LAST_WORDS, self.say_goodbye()).await.is_err() {
            tracing::debug!("redis is away: nobody hears that this worker goes");
        }
    }

    /// Gets to know what is revoked: on Redis, and by what the other workers know. To be done
    /// before the worker begins; it takes a second at most for those who do not answer, and no
    /// time to speak of when there is nobody else.
    pub async fn meet(&self) {
        let meeting: BoxFuture<'_, ()> = Box::pin(async {
            self.learn_revoked().await;
            if self.settings.mingles {
                self.get_to_know().await;
            }
        });
        if timeout(MEET_WITHIN, meeting).await.is_err() {
            tracing::debug!("redis is away: what is revoked will be known later");
        }
    }

    async fn say_goodbye(&self) {
        self.tell_all_events().await;
        self.store_revoked().await;
        self.unbind().await;
        self.go_silent().await;
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.who.name;
        f.debug_tuple("Node").field(name).field(&self.link).finish()
    }
}
