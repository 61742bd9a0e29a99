//! A producer: sends tasks to whoever takes them from Celery's queues, and waits for results.

mod wait;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ports::{Clock, PortError, Severity};
use domain::tasks::{Priority, QueueName, Routes};
use redis::{ProtocolVersion, pipe};
use serde_json::Value;
use uuid::Builder;

use self::wait::Waiting;
use super::RedisUrl;
use super::announcer::Announcer;
use super::error::failed;
use super::link::Link;
use super::publish::{add_messages, add_queues};
use super::results::{ResultSettings, ResultStore};
use super::server::Server;
use super::wire::Signature;
use super::wire::canvas::{CanvasError, Sender, start};

/// How a client sends.
#[derive(Clone, Debug, Default)]
pub struct ClientSettings {
    /// What the keys of the broker begin with (`global_keyprefix`).
    pub prefix: String,
    /// How results are kept; as whoever does the tasks is told.
    pub results: ResultSettings,
    /// Which queue a task goes to unless its signature says so.
    pub routes: Routes,
    /// How urgent a task is unless its signature says so.
    pub priority: Priority,
    /// Whether those who watch are told of what is sent (`task_send_sent_event`).
    pub tells_sent: bool,
}

/// Sends tasks as Celery's own clients do, to Python's workers or ours, and waits for results.
///
/// Nothing is stored here: a task is in the hands of Redis when it is sent. Whoever wants
/// work that no outage loses queues it with the platform's store instead.
pub struct CeleryClient {
    broker: Link,
    results: Option<Results>,
    /// The queues that this client has declared.
    declared: Mutex<HashSet<QueueName>>,
    announcer: Option<Announcer>,
    clock: Arc<dyn Clock>,
    /// What the keys of the broker begin with.
    prefix: String,
    routes: Routes,
    priority: Priority,
}

/// Where results are.
struct Results {
    store: ResultStore,
    /// Results are told on connections of their own.
    server: Server,
}

impl CeleryClient {
    /// A client of the broker at `broker`, with results at `results` if they are wanted.
    /// Neither needs to be up: they are connected to when they are needed.
    ///
    /// # Errors
    ///
    /// When no connection can be made of what a URL says.
    pub fn open(
        broker: &RedisUrl,
        results: Option<&RedisUrl>,
        clock: Arc<dyn Clock>,
        settings: ClientSettings,
    ) -> Result<Self, PortError> {
        let ClientSettings {
            prefix,
            results: how,
            routes,
            priority,
            tells_sent,
        } = settings;
        let announcer = || Announcer::at(broker, &prefix, Arc::clone(&clock));
        let announcer = tells_sent.then(announcer);
        let results = results.map(|url| {
            Ok(Results {
                store: ResultStore::open(url, Arc::clone(&clock), how)?,
                server: url.server(ProtocolVersion::RESP2).map_err(failed("open"))?,
            })
        });
        Ok(Self {
            broker: Link::to(broker).map_err(failed("open"))?,
            results: results.transpose()?,
            declared: Mutex::default(),
            announcer,
            clock,
            prefix,
            routes,
            priority,
        })
    }

    /// Sends what `signature` says, a single task or several, and answers the id of its
    /// result: that of the last step of a chain, of the body of a chord, of a group.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached, and some of it may or may not have been sent then; or
    /// when it cannot be sent as it is, which is permanent.
    pub async fn send(&self, signature: Signature) -> Result<String, PortError> {
        const ACTION: &str = "send a task";
        let now = self.clock.now();
        let seed = Builder::from_random_bytes(rand::random()).into_uuid();
        let sender = Sender {
            routes: &self.routes,
            priority: self.priority,
            now,
        };
        let started = start(signature, &seed.to_string(), &sender).map_err(refused)?;
        let (id, follow_ups) = started.ok_or_else(|| refused(CanvasError::NoSignature))?;
        if !follow_ups.chords.is_empty() {
            let Results { store, .. } = self.results(ACTION)?;
            store.begin_chords(&follow_ups.chords).await?;
        }
        let mut pipeline = pipe();
        let queues = follow_ups.messages.iter().map(|each| &each.envelope.queue);
        let new = self.undeclared(queues);
        add_queues(&mut pipeline, &self.prefix, &new);
        let (messages, announcer) = (&follow_ups.messages, self.announcer.as_ref());
        add_messages(&mut pipeline, &self.prefix, messages, now, announcer);
        let sent = self.broker.pipeline::<()>(&pipeline).await;
        sent.map_err(failed(ACTION))?;
        self.note_declared(new);
        Ok(id)
    }

    /// The document with the result of the task `id`, as far as there is one.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached, or what is there is no document.
    pub async fn result(&self, id: &str) -> Result<Option<Value>, PortError> {
        self.waiting(id, "read a result")?.look().await
    }

    /// The document with the result of the task `id` once it has ended, well or not; `None`
    /// when it has not ended within that time.
    ///
    /// It is heard of as soon as it is there. Where the connection is lost, it is made again
    /// for as long as there is time.
    ///
    /// # Errors
    ///
    /// When what is there is no document, or Redis could not be reached all the time.
    pub async fn wait(&self, id: &str, within: Duration) -> Result<Option<Value>, PortError> {
        let waiting = self.waiting(id, "wait for a result")?;
        waiting.until_ready(within).await
    }

    fn waiting<'a>(&'a self, id: &'a str, action: &'static str) -> Result<Waiting<'a>, PortError> {
        let Results { store, server } = self.results(action)?;
        Ok(Waiting {
            store,
            server,
            id,
            action,
        })
    }

    fn results(&self, action: &'static str) -> Result<&Results, PortError> {
        self.results.as_ref().ok_or_else(|| PortError {
            adapter: "redis",
            action,
            severity: Severity::Permanent,
            source: "the client was made without a place for results".into(),
        })
    }

    fn undeclared<'a>(&self, queues: impl Iterator<Item = &'a QueueName>) -> Vec<QueueName> {
        let declared = self.declared.lock();
        let declared = declared.unwrap_or_else(PoisonError::into_inner);
        let new: HashSet<&QueueName> = queues.filter(|each| !declared.contains(each)).collect();
        new.into_iter().cloned().collect()
    }

    fn note_declared(&self, queues: Vec<QueueName>) {
        let declared = self.declared.lock();
        let mut declared = declared.unwrap_or_else(PoisonError::into_inner);
        declared.extend(queues);
    }
}

impl fmt::Debug for CeleryClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CeleryClient").field(&self.broker).finish()
    }
}

fn refused(error: CanvasError) -> PortError {
    PortError {
        adapter: "redis",
        action: "send a task",
        severity: Severity::Permanent,
        source: error.into(),
    }
}
