//! Redis, which carries tasks to workers if it is set, and what of Celery's settings it needs.

mod options;

use std::time::Duration;

use adapters::redis::RedisUrl;
use domain::tasks::QueueName;

use super::ResultSettings;
use super::celery;
use super::reader::Reader;
use super::values::queue;

/// How tasks are carried to workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConveyorSettings {
    /// `REDIS_URL`.
    pub url: RedisUrl,
    /// What every key begins with: `global_keyprefix` in `CELERY_CONF_BROKER_TRANSPORT_OPTIONS`.
    pub prefix: String,
    /// `visibility_timeout` in the same, if it is set: what a Python worker took and has not
    /// acknowledged for so long is put back into its queue.
    pub restore_after: Option<Duration>,
    /// What is kept of results; `None` if `CELERY_CONF_RESULT_BACKEND` is disabled.
    pub results: Option<ResultSettings>,
    /// `PYTHON_QUEUES`: what is put there ends for us when Redis has it.
    pub python_queues: Vec<QueueName>,
}

const NEEDS_REDIS: &str = "needs REDIS_URL; set that too, or remove this";
const OTHER_NAME: &str = "is called REDIS_URL here; set that instead";
const OTHER_REDIS: &str = "is not the Redis of REDIS_URL, by which tasks go; remove it";
const NOT_THE_DEFAULT: &str = "names the default queue, which our own workers serve; give them another one with \
                               CELERY_CONF_TASK_DEFAULT_QUEUE";

const TOO_SHORT: &str = "has a visibility_timeout shorter than a third of WORKER_LEASE, in which a worker says what it \
                         still holds; Python's workers would take that away, so raise the one or lower the other";

/// What makes no sense without Redis.
const ITS_OWN: [&str; 5] = [
    "CELERY_CONF_BROKER_TRANSPORT_OPTIONS",
    "CELERY_CONF_RESULT_BACKEND_TRANSPORT_OPTIONS",
    "CELERY_CONF_RESULT_BACKEND",
    "CELERY_CONF_RESULT_EXPIRES",
    "PYTHON_QUEUES",
];

impl ConveyorSettings {
    /// None if `REDIS_URL` is not set. `default` is the queue that our workers serve, `heartbeat`
    /// how often they say that they live.
    pub(super) fn read(
        read: &mut Reader,
        default: &QueueName,
        heartbeat: Duration,
    ) -> Option<Self> {
        let url = read.masked("REDIS_URL", |text| RedisUrl::try_from(text));
        let has_url = read.is_set("REDIS_URL");
        // One that is not understood has been complained about.
        let is_it = |text: &str| match &url {
            Some(url) => RedisUrl::try_from(text).is_ok_and(|other| other == *url),
            None => has_url,
        };
        let why = if has_url { OTHER_REDIS } else { OTHER_NAME };
        read.refuse("CELERY_CONF_BROKER_URL", is_it, why);
        for (name, why) in celery::overrides() {
            if read.variable(name).is_some_and(|text| !is_it(&text)) {
                read.warn_about(name, why);
            }
        }
        let name = "CELERY_CONF_BROKER_TRANSPORT_OPTIONS";
        let options = read.tree(name, options::SHAPE, options::options);
        let options = options.unwrap_or_default();
        if options.visibility_timeout.is_some_and(|it| it < heartbeat) {
            read.complain_about(name, TOO_SHORT);
        }
        let url = url.map(|url| options.complete(url));
        let results = ResultSettings::read(read, url.as_ref());
        let python_queues = read.open("PYTHON_QUEUES", |text| python_queues(text, default));
        if !has_url {
            for name in ITS_OWN {
                if read.is_set(name) {
                    read.complain_about(name, NEEDS_REDIS);
                }
            }
        }
        Some(Self {
            url: url?,
            prefix: options.prefix,
            restore_after: options.visibility_timeout,
            results,
            python_queues: python_queues.unwrap_or_default(),
        })
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
