//! Redis, which carries tasks to workers if it is set, and what of Celery's settings it needs.

use std::time::Duration;

use adapters::redis::RedisUrl;
use domain::tasks::QueueName;
use serde_json::{Value, json};

use super::DAY;
use super::reader::Reader;
use super::values::{ValueError, duration, queue};

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
const NO_TIMEOUT: &str = "visibility_timeout changes nothing here: tasks come back when their worker \
                          dies, and never before";
const NEEDS_REDIS: &str = "needs REDIS_URL; set that too, or remove this";
const OTHER_NAME: &str = "is called REDIS_URL here; set that instead";
const OTHER_REDIS: &str = "is not the Redis of REDIS_URL, by which tasks go; remove it";
const ONE_REDIS: &str =
    "results go to the Redis of REDIS_URL; remove it, or write disabled:// to keep no results";
const NOT_THE_DEFAULT: &str = "names the default queue, which our own workers serve; give them another one with \
                               CELERY_CONF_TASK_DEFAULT_QUEUE";

/// As long as Redis keeps anything that has an end.
const FOR_EVER: Duration = Duration::from_hours(24 * 365 * 100);

/// What makes no sense without Redis.
const ITS_OWN: [&str; 4] = [
    "CELERY_CONF_BROKER_TRANSPORT_OPTIONS",
    "CELERY_CONF_RESULT_BACKEND",
    "CELERY_CONF_RESULT_EXPIRES",
    "PYTHON_QUEUES",
];

impl ConveyorSettings {
    /// None if `REDIS_URL` is not set. `default` is the queue that our workers serve.
    pub(super) fn read(read: &mut Reader, default: &QueueName) -> Option<Self> {
        let url = read.masked("REDIS_URL", |text| RedisUrl::try_from(text));
        let has_url = read.is_set("REDIS_URL");
        // One that is not understood has been complained about.
        let is_it = |text: &str| match &url {
            Some(url) => RedisUrl::try_from(text).is_ok_and(|other| other == *url),
            None => has_url,
        };
        let why = if has_url { OTHER_REDIS } else { OTHER_NAME };
        read.refuse("CELERY_CONF_BROKER_URL", is_it, why);
        let options = read.tree(
            "CELERY_CONF_BROKER_TRANSPORT_OPTIONS",
            OPTIONS_SHAPE,
            options,
        );
        let options = options.unwrap_or_default();
        if options.has_timeout {
            read.warn_about("CELERY_CONF_BROKER_TRANSPORT_OPTIONS", NO_TIMEOUT);
        }
        let results = read.masked("CELERY_CONF_RESULT_BACKEND", |text| {
            let is_disabled = ["disabled", "disabled://"].contains(&text);
            if is_disabled || !has_url || is_it(text) {
                return Ok(!is_disabled);
            }
            Err(ONE_REDIS)
        });
        let kept_for = read.or("CELERY_CONF_RESULT_EXPIRES", DAY, |text| {
            let seconds = duration(Duration::ZERO..=FOR_EVER)(text)?;
            let is_for_ever = seconds.is_zero();
            Ok::<_, ValueError>(if is_for_ever { FOR_EVER } else { seconds })
        });
        let python_queues = read.open("PYTHON_QUEUES", |text| python_queues(text, default));
        if !has_url {
            for name in ITS_OWN {
                if read.is_set(name) {
                    read.complain_about(name, NEEDS_REDIS);
                }
            }
        }
        let url = match &options.master_name {
            Some(name) => url?.with_master_name(name),
            None => url?,
        };
        Some(Self {
            url,
            prefix: options.prefix,
            results_kept_for: results.unwrap_or(true).then_some(kept_for),
            python_queues: python_queues.unwrap_or_default(),
        })
    }
}

/// What Celery's options of the transport say.
#[derive(Default)]
struct Options {
    prefix: String,
    master_name: Option<String>,
    has_timeout: bool,
}

/// What would change how queues are laid out is honoured only as it is by default.
fn options(tree: &Value) -> Result<Options, Vec<String>> {
    let table = tree
        .as_object()
        .ok_or_else(|| vec![OPTIONS_SHAPE.to_owned()])?;
    let mut read = Options::default();
    let mut problems = Vec::new();
    for (name, value) in table {
        match (name.as_str(), value) {
            ("global_keyprefix", Value::String(prefix)) => read.prefix.clone_from(prefix),
            ("global_keyprefix", _) => problems.push("global_keyprefix must be a text".to_owned()),
            ("master_name", Value::String(name)) => read.master_name = Some(name.clone()),
            ("master_name", _) => problems.push("master_name must be a text".to_owned()),
            ("visibility_timeout", _) => read.has_timeout = true,
            ("priority_steps", _) if *value == json!([0, 3, 6, 9]) => {}
            ("sep", _) if *value == json!("\u{6}\u{16}") => {}
            ("priority_steps" | "sep", _) => {
                let why = "is honoured as it is by default alone; remove it";
                problems.push(format!("{name} {why}"));
            }
            _ => problems.push(format!("{name} is not honoured; remove it")),
        }
    }
    if problems.is_empty() {
        return Ok(read);
    }
    Err(problems)
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
