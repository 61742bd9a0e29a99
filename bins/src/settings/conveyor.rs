//! Redis, which carries tasks to workers if it is set, and what of Celery's settings it needs.

use std::time::Duration;

use adapters::redis::RedisUrl;
use domain::tasks::QueueName;
use serde_json::{Map, Value};

use super::DAY;
use super::reader::Reader;
use super::values::queue;

/// How tasks are carried to workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConveyorSettings {
    /// `REDIS_URL`.
    pub url: RedisUrl,
    /// What every key begins with: `global_keyprefix` in `CELERY_CONF_BROKER_TRANSPORT_OPTIONS`.
    pub prefix: String,
    /// `CELERY_CONF_RESULT_EXPIRES`: how long results are kept; `None` if
    /// `CELERY_CONF_RESULT_BACKEND` is disabled.
    pub results_kept_for: Option<Duration>,
    /// `PYTHON_QUEUES`: what is put there ends for us when Redis has it.
    pub python_queues: Vec<QueueName>,
}

const OPTIONS_SHAPE: &str = "must be an object like {\"global_keyprefix\": \"music:\"}";
const NEEDS_REDIS: &str = "needs REDIS_URL; set that too, or remove this";
const ONE_REDIS: &str =
    "results go to the Redis of REDIS_URL; remove it, or write disabled:// to keep no results";
const NOT_THE_DEFAULT: &str =
    "names the default queue, which our own workers serve; route tasks to another one";

impl ConveyorSettings {
    /// None if `REDIS_URL` is not set. `default` is the queue that our workers serve.
    pub(super) fn read(read: &mut Reader, default: &QueueName) -> Option<Self> {
        let understood = |text: &str| RedisUrl::try_from(text).map(|url| (url, text.to_owned()));
        let url = read.masked("REDIS_URL", understood);
        let text = url.as_ref().map(|(_, text)| text.clone());
        let prefix = read.tree(
            "CELERY_CONF_BROKER_TRANSPORT_OPTIONS",
            OPTIONS_SHAPE,
            |tree| {
                prefix(
                    tree.as_object()
                        .ok_or_else(|| vec![OPTIONS_SHAPE.to_owned()])?,
                )
            },
        );
        let backend = read.masked("CELERY_CONF_RESULT_BACKEND", |value| {
            match value.to_ascii_lowercase().as_str() {
                "disabled" | "disabled://" => Ok(Backend::Disabled),
                _ if Some(value) == text.as_deref() => Ok(Backend::Redis),
                _ => Err(ONE_REDIS),
            }
        });
        let expires = read.open("CELERY_CONF_RESULT_EXPIRES", seconds);
        let python_queues = read.open("PYTHON_QUEUES", |text| python_queues(text, default));
        read.refuse(
            "CELERY_CONF_BROKER_URL",
            "is called REDIS_URL here; set that instead",
        );
        if !read.is_set("REDIS_URL") {
            for name in [
                "CELERY_CONF_BROKER_TRANSPORT_OPTIONS",
                "CELERY_CONF_RESULT_BACKEND",
                "CELERY_CONF_RESULT_EXPIRES",
                "PYTHON_QUEUES",
            ] {
                if read.is_set(name) {
                    read.complain_about(name, NEEDS_REDIS);
                }
            }
        }
        Some(Self {
            url: url?.0,
            prefix: prefix.unwrap_or_default(),
            results_kept_for: match backend {
                Some(Backend::Disabled) => None,
                _ => Some(expires.unwrap_or(DAY)),
            },
            python_queues: python_queues.unwrap_or_default(),
        })
    }
}

enum Backend {
    Disabled,
    Redis,
}

/// What Celery's options of the transport say of keys. What would change how queues are laid
/// out is honoured only as it is by default.
fn prefix(options: &Map<String, Value>) -> Result<String, Vec<String>> {
    let mut prefix = String::new();
    let mut problems = Vec::new();
    for (name, value) in options {
        let is_default = match name.as_str() {
            "global_keyprefix" => {
                match value.as_str() {
                    Some(text) => text.clone_into(&mut prefix),
                    None => problems.push("global_keyprefix must be a text".to_owned()),
                }
                true
            }
            // A lease ends with its worker, not after a time.
            "visibility_timeout" => true,
            "priority_steps" => *value == serde_json::json!([0, 3, 6, 9]),
            "sep" => value == "\u{6}\u{16}",
            _ => {
                problems.push(format!("{name} is not honoured; remove it"));
                true
            }
        };
        if !is_default {
            problems.push(format!(
                "{name} is honoured as it is by default alone; remove it"
            ));
        }
    }
    if problems.is_empty() {
        return Ok(prefix);
    }
    Err(problems)
}

/// A whole number of seconds, as Celery has it; 0 is for ever.
fn seconds(text: &str) -> Result<Duration, &'static str> {
    const FOR_EVER: Duration = Duration::from_hours(24 * 365 * 100);
    match text.parse::<u64>() {
        Ok(0) => Ok(FOR_EVER),
        Ok(seconds) if seconds <= FOR_EVER.as_secs() => Ok(Duration::from_secs(seconds)),
        _ => Err("must be a whole number of seconds; 0 keeps results for ever"),
    }
}

fn python_queues(text: &str, default: &QueueName) -> Result<Vec<QueueName>, String> {
    let names = text
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let queues: Vec<QueueName> = names
        .map(queue)
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    if queues.contains(default) {
        return Err(NOT_THE_DEFAULT.to_owned());
    }
    Ok(queues)
}
