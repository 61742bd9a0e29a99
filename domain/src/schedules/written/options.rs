//! What is said of how an entry's task is sent, in the words of Celery's `apply_async`.

use chrono::TimeDelta;
use serde_json::{Map, Value, json};

use super::fields::{self, Fields};
use crate::schedules::Expires;
use crate::tasks::{Priority, QueueName};

/// What may be said.
const KNOWN: [&str; 11] = [
    "queue",
    "exchange",
    "routing_key",
    "priority",
    "countdown",
    "expires",
    "headers",
    "ignore_result",
    "time_limit",
    "soft_time_limit",
    "shadow",
];
const NO_ROUTING: &str = "leads to a queue of another name; say \"queue\" alone: what beat sends goes \
                          straight into the list of its queue, not through an exchange";

/// What is said of how a task is sent.
pub(super) struct Options {
    /// Where to; nothing if what was said cannot be understood.
    pub(super) queue: Option<QueueName>,
    pub(super) priority: Option<Priority>,
    pub(super) countdown: TimeDelta,
    pub(super) expires: Option<Expires>,
    pub(super) headers: Map<String, Value>,
}

impl Options {
    /// Reads `options`; what they do not send elsewhere goes `by_route`.
    pub(super) fn read(
        options: &mut Fields<'_>,
        by_route: impl FnOnce() -> Option<QueueName>,
    ) -> Self {
        options.only(&KNOWN);
        let said = options.read("queue", fields::name);
        // A routing key alone names the queue of Celery's default exchange.
        let queue = said.or_else(by_route);
        for field in ["exchange", "routing_key"] {
            options.read(field, |value| leads_to(value, queue.as_ref()));
        }
        Self {
            priority: options.read("priority", fields::priority),
            countdown: options.read("countdown", countdown).unwrap_or_default(),
            expires: options.read("expires", fields::expires),
            headers: headers(options),
            queue,
        }
    }
}

/// What travels along: what Celery has headers for, and over it the entry's own.
fn headers(options: &mut Fields<'_>) -> Map<String, Value> {
    let mut headers = Map::new();
    if let Some(ignores) = options.read("ignore_result", fields::boolean) {
        headers.insert("ignore_result".to_owned(), Value::Bool(ignores));
    }
    if let Some(shadow) = options.read("shadow", fields::text) {
        headers.insert("shadow".to_owned(), Value::String(shadow));
    }
    let hard = options.read("time_limit", seconds);
    let soft = options.read("soft_time_limit", seconds);
    if hard.is_some() || soft.is_some() {
        headers.insert("timelimit".to_owned(), json!([hard, soft]));
    }
    headers.extend(options.read("headers", fields::object).unwrap_or_default());
    headers
}

/// An exchange or a routing key changes nothing if it is what the queue is called.
fn leads_to(value: &Value, queue: Option<&QueueName>) -> Result<(), &'static str> {
    match value.as_str() {
        Some("") => Ok(()),
        Some(name) if queue.is_none_or(|queue| queue.as_str() == name) => Ok(()),
        Some(_) => Err(NO_ROUTING),
        None => Err("must be a text"),
    }
}

fn countdown(value: &Value) -> Result<TimeDelta, &'static str> {
    let seconds = value.as_f64().filter(|it| (0.0..=1e9).contains(it));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 10^15, as just seen"
    )]
    let micros = |seconds: f64| (seconds * 1e6).round() as i64;
    seconds
        .map(|seconds| TimeDelta::microseconds(micros(seconds)))
        .ok_or("must be a number of seconds, at most 1000000000")
}

fn seconds(value: &Value) -> Result<Value, &'static str> {
    let is_fine = value.as_f64().is_some_and(|it| 0.0 < it && it <= 1e9);
    is_fine
        .then(|| value.clone())
        .ok_or("must be a number of seconds above 0")
}
