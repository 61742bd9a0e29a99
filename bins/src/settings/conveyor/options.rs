//! What Celery's options of its transport say.

use std::time::Duration;

use adapters::redis::RedisUrl;
use serde_json::{Value, json};

pub(super) const SHAPE: &str = "must be an object like {\"global_keyprefix\": \"music:\"}";

/// What Celery's options of its transport say.
#[derive(Default)]
pub(super) struct Options {
    /// What every key begins with.
    pub(super) prefix: String,
    /// Whom to ask sentinels for.
    pub(super) master_name: Option<String>,
    /// Who asks them.
    pub(super) sentinel_login: Option<(String, String)>,
    /// After how long what a Python worker has not acknowledged is put back.
    pub(super) visibility_timeout: Option<Duration>,
}

/// Reads them; what would change how queues are laid out is honoured only as it is by default.
pub(super) fn options(tree: &Value) -> Result<Options, Vec<String>> {
    let table = tree.as_object().ok_or_else(|| vec![SHAPE.to_owned()])?;
    let mut read = Options::default();
    let mut problems = Vec::new();
    for (name, value) in table {
        if let Err(complaint) = read.take(name, value) {
            problems.push(format!("{name} {complaint}"));
        }
    }
    if problems.is_empty() {
        return Ok(read);
    }
    Err(problems)
}

impl Options {
    /// `url` with what only the options say of it.
    pub(super) fn complete(&self, mut url: RedisUrl) -> RedisUrl {
        if let Some(name) = &self.master_name {
            url = url.with_master_name(name);
        }
        if let Some((user, password)) = &self.sentinel_login {
            url = url.with_sentinel_login(user, password);
        }
        url
    }

    fn take(&mut self, name: &str, value: &Value) -> Result<(), &'static str> {
        match name {
            "global_keyprefix" => self.prefix = text(value)?,
            "master_name" => self.master_name = Some(text(value)?),
            "sentinel_kwargs" => self.sentinel_login = Some(login(value)?),
            "visibility_timeout" => {
                let seconds = value.as_f64().filter(|it| (1.0..=1e8).contains(it));
                let seconds = seconds.ok_or("must be a number of seconds, 3600 in Celery")?;
                self.visibility_timeout = Some(Duration::from_secs_f64(seconds));
            }
            _ => return fixed(name, value),
        }
        Ok(())
    }
}

/// Options that have one value here.
fn fixed(name: &str, value: &Value) -> Result<(), &'static str> {
    let is_so = match name {
        "priority_steps" => *value == json!([0, 3, 6, 9]),
        "sep" => *value == json!("\u{6}\u{16}"),
        "fanout_prefix" | "fanout_patterns" => *value == json!(true),
        "queue_order_strategy" => *value == json!("round_robin"),
        "unacked_key" => *value == json!("unacked"),
        "unacked_index_key" => *value == json!("unacked_index"),
        "unacked_mutex_key" => *value == json!("unacked_mutex"),
        "body_encoding" => *value == json!("base64"),
        "polling_interval" => return Err("is not needed, for nothing is polled; remove it"),
        _ if name.starts_with("socket_") || OF_CONNECTIONS.contains(&name) => {
            return Err(
                "is fixed here: connections have deadlines and are made again for ever; remove it",
            );
        }
        _ => return Err("is not honoured; remove it"),
    };
    is_so
        .then_some(())
        .ok_or("is honoured as it is by default alone; remove it")
}

const OF_CONNECTIONS: [&str; 5] = [
    "health_check_interval",
    "reauth_check_interval",
    "retry_on_timeout",
    "max_connections",
    "client_name",
];

fn text(value: &Value) -> Result<String, &'static str> {
    value.as_str().map(str::to_owned).ok_or("must be a text")
}

fn login(value: &Value) -> Result<(String, String), &'static str> {
    const SHAPE: &str = "may hold a username and a password, and nothing else";
    let table = value.as_object().ok_or(SHAPE)?;
    if table
        .keys()
        .any(|name| name != "username" && name != "password")
    {
        return Err(SHAPE);
    }
    let part = |name| table.get(name).map_or(Ok(String::new()), text);
    Ok((part("username")?, part("password")?))
}
