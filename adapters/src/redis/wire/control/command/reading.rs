//! Reads what a request asks for.

use domain::tasks::{RateLimit, Signal};

use super::{Command, CommandError};
use crate::redis::wire::control::{ArgumentError, Arguments, Request};

impl Command {
    /// What `request` asks for. Arguments that the command does not have are passed over.
    ///
    /// # Errors
    ///
    /// When nobody knows the command, or its arguments are not right.
    pub fn read(request: &Request) -> Result<Self, CommandError> {
        let arguments = Arguments(&request.arguments);
        Ok(match request.method.as_str() {
            "ping" => Self::Ping,
            "active" | "dump_active" => Self::Active {
                as_texts: arguments.flag("safe"),
            },
            "reserved" | "dump_reserved" => Self::Reserved,
            "scheduled" | "dump_schedule" => Self::Scheduled,
            "registered" | "dump_tasks" => {
                let items = arguments.texts("taskinfoitems")?;
                Self::Registered {
                    items: (!items.is_empty()).then_some(items),
                    builtins: arguments.flag("builtins"),
                }
            }
            "stats" => Self::Stats,
            "active_queues" => Self::ActiveQueues,
            "conf" | "dump_conf" => Self::Conf {
                with_defaults: arguments.flag("with_defaults"),
            },
            "revoked" | "dump_revoked" => Self::Revoked,
            "query_task" => Self::QueryTask {
                ids: arguments.ids("ids")?,
            },
            "report" => Self::Report,
            "clock" => Self::Clock,
            "hello" => Self::Hello {
                from: arguments.text("from_node")?.to_owned(),
                revoked: arguments.known_ids("revoked")?,
            },
            "revoke" => Self::Revoke {
                ids: arguments.ids("task_id")?,
                terminate: terminate(arguments)?,
            },
            "terminate" => Self::Revoke {
                ids: arguments.ids("task_id")?,
                terminate: Some(arguments.signal("signal")?),
            },
            "revoke_by_stamped_headers" => Self::RevokeStamped {
                stamps: arguments.stamps("headers")?,
                terminate: terminate(arguments)?,
            },
            other => return Self::setting(other, arguments),
        })
    }

    /// What changes how the worker works.
    fn setting(method: &str, arguments: Arguments<'_>) -> Result<Self, CommandError> {
        Ok(match method {
            "rate_limit" => Self::RateLimit {
                task: arguments.text("task_name")?.to_owned(),
                limit: rate(&arguments.words("rate_limit")?)?,
            },
            "time_limit" => Self::TimeLimit {
                task: arguments.text("task_name")?.to_owned(),
                hard: arguments.seconds("hard")?,
                soft: arguments.seconds("soft")?,
            },
            "add_consumer" => Self::AddConsumer {
                queue: arguments.queue("queue")?,
                binding: binding(arguments)?,
            },
            "cancel_consumer" => Self::CancelConsumer {
                queue: arguments.queue("queue")?,
            },
            "pool_grow" => Self::PoolGrow {
                count: arguments.count("n")?,
            },
            "pool_shrink" => Self::PoolShrink {
                count: arguments.count("n")?,
            },
            "enable_events" => Self::EnableEvents,
            "disable_events" => Self::DisableEvents,
            "heartbeat" => Self::Heartbeat,
            "shutdown" => Self::Shutdown,
            other => Self::Senseless(
                why_not(other).ok_or_else(|| CommandError::Unknown(shortened(other)))?,
            ),
        })
    }
}

/// Why what Celery knows makes no sense here.
fn why_not(method: &str) -> Option<&'static str> {
    Some(match method {
        "pool_restart" => {
            "there is no pool of processes to restart: tasks are compiled in; restart the program to change them"
        }
        "autoscale" => {
            "a task that waits costs next to nothing here, so nothing is scaled by itself: pool_grow and pool_shrink set how many run at a time"
        }
        "election" => "this worker takes no part in elections",
        "memsample" | "memdump" | "objgraph" => {
            "there are no Python objects to look at in this worker; stats tells how much memory it takes"
        }
        _ => return None,
    })
}

/// By which signal what runs is ended, if it is.
fn terminate(arguments: Arguments<'_>) -> Result<Option<Signal>, ArgumentError> {
    let is_ended = arguments.flag("terminate");
    is_ended.then(|| arguments.signal("signal")).transpose()
}

/// Nothing, and zero, are no limit.
fn rate(text: &str) -> Result<Option<RateLimit>, CommandError> {
    let count = text.split('/').next().unwrap_or_default().trim();
    if text.trim().is_empty() || count.parse() == Ok(0.0) {
        return Ok(None);
    }
    Ok(Some(text.parse()?))
}

/// The exchange and the routing key by which producers reach a queue, if they are said.
fn binding(arguments: Arguments<'_>) -> Result<Option<(String, String)>, CommandError> {
    let text = |name| {
        let text = arguments.optional_text(name)?;
        Ok::<_, ArgumentError>(text.filter(|text| !text.is_empty()))
    };
    match text("exchange_type")? {
        None | Some("direct") => {}
        Some(other) => return Err(CommandError::Exchange(shortened(other))),
    }
    let queue = arguments.text("queue")?;
    let (exchange, key) = (text("exchange")?, text("routing_key")?);
    if exchange.is_none() && key.is_none() {
        return Ok(None);
    }
    let or_queue = |text: Option<&str>| text.unwrap_or(queue).to_owned();
    Ok(Some((or_queue(exchange), or_queue(key))))
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
