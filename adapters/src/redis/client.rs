//! A producer: sends tasks to whoever takes them from Celery's queues, and waits for results.

pub(super) mod publish;
mod wait;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ports::{Clock, PortError, Severity};
use domain::tasks::{Priority, QueueName, Routes};
use redis::{Pipeline, ProtocolVersion, RedisResult, pipe};
use serde_json::Value;
use uuid::Builder;

use self::publish::{add_bindings, add_chords, add_messages, with_mark};
use self::wait::Waiting;
use super::RedisUrl;
use super::announcer::Announcer;
use super::error::failed;
use super::link::Link;
use super::server::Server;
use super::wire::Signature;
use super::wire::canvas::{CanvasError, Sender, start};

/// How a client sends.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// What the keys of the broker begin with (`global_keyprefix`).
    pub prefix: String,
    /// What the keys of results begin with (`global_keyprefix` of the result backend); Celery
    /// puts `_` behind it unless it ends with a mark.
    pub result_prefix: String,
    /// Which queue a task goes to unless its signature says so.
    pub routes: Routes,
    /// How urgent a task is unless its signature says so.
    pub priority: Priority,
    /// How long what is known of a chord is kept (`result_expires`).
    pub results_kept_for: Duration,
    /// Whether those who watch are told of what is sent (`task_send_sent_event`).
    pub tells_sent: bool,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            result_prefix: String::new(),
            routes: Routes::default(),
            priority: Priority::default(),
            results_kept_for: Duration::from_hours(24),
            tells_sent: false,
        }
    }
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
    settings: ClientSettings,
}

/// Where results are.
struct Results {
    link: Link,
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
        let open = || -> RedisResult<_> {
            let results = results.map(|url| -> RedisResult<Results> {
                Ok(Results {
                    link: Link::to(url)?,
                    server: url.server(ProtocolVersion::RESP2)?,
                })
            });
            Ok((Link::to(broker)?, results.transpose()?))
        };
        let announcer = || Announcer::at(broker, &settings.prefix, Arc::clone(&clock));
        let announcer = settings.tells_sent.then(announcer);
        let (broker, results) = open().map_err(failed("open"))?;
        let result_prefix = with_mark(settings.result_prefix);
        Ok(Self {
            broker,
            results,
            declared: Mutex::default(),
            announcer,
            clock,
            settings: ClientSettings {
                result_prefix,
                ..settings
            },
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
            routes: &self.settings.routes,
            priority: self.settings.priority,
            now,
        };
        let started = start(signature, &seed.to_string(), &sender).map_err(refused)?;
        let (id, follow_ups) = started.ok_or_else(|| refused(CanvasError::NoSignature))?;
        if !follow_ups.chords.is_empty() {
            let results = self.results(ACTION)?;
            let mut known = pipe();
            let kept_for = self.settings.results_kept_for;
            let prefix = &self.settings.result_prefix;
            add_chords(&mut known, prefix, &follow_ups.chords, kept_for);
            run(&results.link, &known).await.map_err(failed(ACTION))?;
        }
        let mut pipeline = pipe();
        let queues = follow_ups.messages.iter().map(|each| &each.envelope.queue);
        let new = self.undeclared(queues);
        let prefix = &self.settings.prefix;
        add_bindings(&mut pipeline, prefix, &new);
        add_messages(&mut pipeline, prefix, &follow_ups.messages, now);
        if let Some(announcer) = &self.announcer {
            let sent = follow_ups.messages.iter().map(|each| &each.envelope);
            announcer.add(&mut pipeline, sent, now);
        }
        run(&self.broker, &pipeline).await.map_err(failed(ACTION))?;
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

    fn waiting(&self, id: &str, action: &'static str) -> Result<Waiting<'_>, PortError> {
        let Results { link, server } = self.results(action)?;
        let key = format!("{}celery-task-meta-{id}", self.settings.result_prefix);
        Ok(Waiting {
            link,
            server,
            key,
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

async fn run(link: &Link, pipeline: &Pipeline) -> RedisResult<()> {
    link.pipeline::<()>(pipeline).await
}

fn refused(error: CanvasError) -> PortError {
    PortError {
        adapter: "redis",
        action: "send a task",
        severity: Severity::Permanent,
        source: error.into(),
    }
}
