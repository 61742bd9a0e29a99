//! Commands to workers, and the replies to them, as Celery's pidbox has them.

mod address;
mod arguments;
mod command;
mod glob;
mod reply;
mod signal;

use domain::tasks::numbers;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

pub use self::address::Address;
pub use self::arguments::{ArgumentError, Arguments};
pub use self::command::{Command, CommandError};
pub use self::glob::matches_glob;
pub use self::reply::{Reply, error_reply, ok_reply, read_reply, write_reply};
use super::transient::{Way, opened, wrapped};
use super::{MOST_DEPTH, Refusal};

/// The exchange that commands go to.
pub const COMMANDS: &str = "celery.pidbox";
/// The exchange that replies go to.
pub const REPLIES: &str = "reply.celery.pidbox";
/// How long the text is by which a reply is told from others.
const MOST_TICKET: usize = 255;
/// How many nodes a command may name.
const MOST_NAMED: usize = 10_000;

/// What somebody asks of workers.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What is to be done.
    pub method: String,
    /// With which arguments.
    pub arguments: Map<String, Value>,
    /// Who is to do it.
    pub address: Address,
    /// Who waits for replies; nobody may.
    pub asker: Option<Asker>,
    /// The logical clock of whoever asks.
    pub clock: u64,
}

/// Who waits for replies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    /// The routing key of its list.
    pub key: String,
    /// What tells the replies to this request from others; it may be nothing.
    pub ticket: Option<String>,
}

impl Asker {
    /// The list that replies are put into.
    pub fn list(&self) -> String {
        format!("{}.{REPLIES}", self.key)
    }
}

/// What is said to workers.
#[derive(Deserialize)]
struct Body {
    method: String,
    #[serde(default)]
    arguments: Option<Map<String, Value>>,
    #[serde(default)]
    destination: Option<Vec<String>>,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default)]
    matcher: Option<String>,
    #[serde(default)]
    ticket: Option<String>,
    #[serde(default)]
    reply_to: Option<ReplyTo>,
}

#[derive(Deserialize)]
struct ReplyTo {
    exchange: String,
    routing_key: String,
}

/// The request that a message carries.
///
/// # Errors
///
/// When it cannot be understood; the refusal says why.
pub fn read_request(message: &[u8]) -> Result<Request, Refusal> {
    let (headers, body) = opened(message)?;
    let read = numbers::read(&body, |json| serde_json::from_slice(json));
    let body: Body = read.map_err(Refusal::Form)?;
    let arguments = body.arguments.unwrap_or_default();
    let is_deep = |value: &Value| MOST_DEPTH <= depth(value);
    if arguments.values().any(is_deep) {
        return Err(Refusal::TooDeep);
    }
    let names = body.destination;
    if names.as_ref().map_or(0, Vec::len) > MOST_NAMED {
        return Err(Refusal::Command("it names too many nodes"));
    }
    let asker = match body.reply_to {
        Some(to) if to.exchange != REPLIES => {
            return Err(Refusal::Command("replies to it go to no list of replies"));
        }
        Some(to) if MOST_TICKET < to.routing_key.len() => {
            return Err(Refusal::Command("the name of its list is too long"));
        }
        Some(to) => Some(Asker {
            key: to.routing_key,
            ticket: body.ticket.filter(|ticket| ticket.len() <= MOST_TICKET),
        }),
        None => None,
    };
    Ok(Request {
        method: body.method,
        arguments,
        address: Address::new(names, body.pattern, body.matcher.as_deref())?,
        asker,
        clock: headers.get("clock").and_then(Value::as_u64).unwrap_or(0),
    })
}

/// The message that asks all workers, for whoever waits at the list of `asker`.
pub fn write_request(
    method: &str,
    arguments: &Value,
    asker: &Asker,
    clock: u64,
    tag: Uuid,
) -> Vec<u8> {
    let body = serde_json::json!({
        "method": method,
        "arguments": arguments,
        "destination": null,
        "pattern": null,
        "matcher": null,
        "ticket": asker.ticket,
        "reply_to": {"exchange": REPLIES, "routing_key": asker.key},
    });
    let headers = serde_json::json!({"clock": clock, "expires": 0});
    let way = Way {
        exchange: COMMANDS,
        routing_key: "",
    };
    wrapped(body.to_string().as_bytes(), &headers, way, tag)
}

/// The channel that commands are told on, in this database.
pub fn channel_of_commands(database: i64) -> String {
    format!("/{database}.{COMMANDS}")
}

/// How deep a value is nested; the parser has bounded it already.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
