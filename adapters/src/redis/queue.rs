//! The queue: what our workers may ask of it.

mod admin;
mod claim;
mod conveyor;
mod enqueue;
mod lease;
mod leave;
mod quarantine;
mod recover;
mod rows;
mod settle;
mod settlement;
mod sweep;
mod turns;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{
    Clock, Ended, Enqueued, Lease, PortError, Queues, Settled, TaskQueue, WorkerId,
};
use domain::tasks::{Envelope, QueueName};
use redis::{ProtocolVersion, RedisResult, ScriptInvocation, cmd};

pub use self::quarantine::Quarantined;
use super::RedisUrl;
use super::announcer::Announcer;
use super::bell::Bell;
use super::condition::Condition;
use super::error::failed;
use super::keys::Keys;
use super::link::Link;
use super::looks::Looks;
use super::scripts::Scripts;
use super::session::Sessions;

/// How a queue on Redis is kept.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// What every key begins with, Celery's (`global_keyprefix`) and ours; with a hash tag
    /// all of them are in one slot of a cluster.
    pub prefix: String,
    /// How long a worker that is silent is taken for living, by the clock of Redis.
    pub lease: Duration,
    /// Whether those who watch are told of what is put there (`task_send_sent_event`).
    pub tells_sent: bool,
}

impl Default for RedisSettings {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            lease: Duration::from_secs(15),
            tells_sent: false,
        }
    }
}

/// A task queue on Redis, shared with whoever speaks Celery's wire.
///
/// It conveys tasks and remembers none that are done: an id is not known again, and order is
/// by urgency in Celery's four steps, then by arrival. What was claimed before, and what
/// waits for its instant, is in keys of our own and is served before the lists of its step.
///
/// Calendar time comes from the clock; whether a worker lives is judged by the clock of Redis.
pub struct RedisQueue {
    link: Link,
    bell: Bell,
    looks: Looks,
    keys: Keys,
    scripts: Scripts,
    sessions: Sessions,
    /// Whoever begins a session holds this.
    arriving: tokio::sync::Mutex<()>,
    announcer: Option<Announcer>,
    clock: Arc<dyn Clock>,
    settings: RedisSettings,
}

impl RedisQueue {
    /// The queue at `url`, which goes by `clock`. Redis need not be up: it is connected to when it is needed.
    ///
    /// # Errors
    ///
    /// When no connection can be made of what `url` says: a file with certificates is
    /// missing, or the name of the master that sentinels are to be asked for.
    pub fn open(
        url: &RedisUrl,
        clock: Arc<dyn Clock>,
        settings: RedisSettings,
    ) -> Result<Self, PortError> {
        let open = || -> RedisResult<_> {
            Ok((
                Link::to(url)?,
                Bell::new(url.server(ProtocolVersion::RESP3)?, url.to_string()),
                Looks::new(url.server(ProtocolVersion::RESP2)?),
            ))
        };
        let (link, bell, looks) = open().map_err(failed("open"))?;
        let announcer = || Announcer::at(url, &settings.prefix, Arc::clone(&clock));
        Ok(Self {
            announcer: settings.tells_sent.then(announcer),
            link,
            bell,
            looks,
            keys: Keys::new(settings.prefix.clone()),
            scripts: Scripts::default(),
            sessions: Sessions::default(),
            arriving: tokio::sync::Mutex::default(),
            clock,
            settings,
        })
    }

    /// Ends the life of `worker`, as the end of its process would, but at once: what it held
    /// comes back when another worker next gives a sign of life.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached; the worker is taken for dead after its lease then.
    pub async fn forget(&self, worker: &WorkerId) -> Result<(), PortError> {
        let Some(session) = self.sessions.of(*worker) else {
            return Ok(());
        };
        self.sessions.end(&session);
        let mut silence = cmd("ZADD");
        silence.arg(self.keys.living()).arg("XX").arg(0);
        silence.arg(session.name());
        let silenced = self.link.command(&silence).await;
        silenced.map_err(failed("forget a worker"))
    }

    /// What the server is like. A user who may not ask (`INFO`) learns nothing.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached; transient.
    pub async fn condition(&self) -> Result<Condition, PortError> {
        match self.link.command::<String>(&cmd("INFO")).await {
            Ok(info) => Ok(Condition::read(&info)),
            Err(error) if error.code() == Some("NOPERM") => Ok(Condition::default()),
            Err(error) => Err(failed("look at the server")(error)),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Names all keys of `queues`, as the scripts want them.
    fn name_queues(&self, script: &mut ScriptInvocation<'_>, queues: &[QueueName]) {
        for queue in queues {
            script.key(self.keys.of_queue(queue));
        }
    }
}

impl fmt::Debug for RedisQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisQueue").field(&self.link).finish()
    }
}

#[async_trait]
impl TaskQueue for RedisQueue {
    async fn enqueue(&self, tasks: &[Envelope]) -> Result<Vec<Enqueued>, PortError> {
        self.push(tasks).await
    }

    async fn lease(
        &self,
        worker: &WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> Result<Vec<Lease>, PortError> {
        let leases = self.lease_within(*worker, queues, most, wait).await;
        leases.map_err(failed("lease tasks"))
    }

    async fn settle(&self, ended: &[Ended]) -> Result<Vec<Settled>, PortError> {
        self.settle_all(ended).await.map_err(failed("settle tasks"))
    }

    async fn alive(&self, worker: &WorkerId) -> Result<usize, PortError> {
        let taken_back = self.greet_and_sweep(*worker).await;
        taken_back.map_err(failed("note that a worker lives"))
    }
}
