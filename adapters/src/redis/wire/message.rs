//! Any message of a queue as an envelope.

use chrono::{DateTime, Utc};
use domain::model::ValueError;
use domain::tasks::{Due, Envelope, Payload, Priority, QueueName, numbers};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::body::{short, unwrapped};
use super::headers::{Headers, Ours, Text};
use super::{MOST_DEPTH, MOST_MESSAGE, Refusal, protocol_one, read_moment};

/// A message that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// The task it carries. It is due at its eta, or since it was first due if the message
    /// says so, or else [`Due::Now`].
    pub envelope: Envelope,
    /// How many attempts were made before it was sent.
    pub retries: u32,
    /// Whether it stands for a row of the store.
    pub conveyed: bool,
}

/// The envelope that `message` carries on `queue`.
///
/// Protocol 2 and protocol 1 are read, with arguments in JSON, packed or not. Arguments are
/// not looked into: they are the payload byte for byte, except that those of protocol 1 are
/// put into the form of protocol 2.
///
/// # Errors
///
/// When it cannot be understood; the refusal says why.
pub fn decode(message: &[u8], queue: &QueueName) -> Result<Received, Refusal> {
    if MOST_MESSAGE < message.len() {
        return Err(Refusal::TooLong(message.len()));
    }
    numbers::read(message, |message| {
        let message = serde_json::from_slice(message).map_err(Refusal::Form)?;
        understood(message, queue)
    })
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    body: Text<'a>,
    #[serde(borrow, default, rename = "content-type")]
    content_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    headers: Headers<'a>,
    #[serde(borrow, default)]
    properties: Properties<'a>,
}

#[derive(Default, Deserialize)]
struct Properties<'a> {
    #[serde(borrow, default)]
    body_encoding: Option<Text<'a>>,
    #[serde(default)]
    priority: Value,
}

/// What either protocol says of a task.
pub(super) struct Parts {
    pub(super) task: String,
    pub(super) id: String,
    pub(super) eta: Option<String>,
    pub(super) expires: Option<String>,
    pub(super) payload: Vec<u8>,
    pub(super) headers: Map<String, Value>,
}

fn understood(message: Message<'_>, queue: &QueueName) -> Result<Received, Refusal> {
    let Message {
        body: Text(body),
        content_type,
        headers,
        properties,
    } = message;
    let ours = headers.ours.clone();
    let payload = unwrapped(
        &body,
        text(content_type.as_ref()),
        text(properties.body_encoding.as_ref()),
        text(headers.compression.as_ref()),
    )?;
    let parts = match headers.task {
        Some(Text(task)) => Parts {
            task: task.into_owned(),
            id: headers.id.ok_or(Refusal::NoTask)?.0.into_owned(),
            eta: headers.eta.map(|Text(eta)| eta.into_owned()),
            expires: headers.expires.map(|Text(expires)| expires.into_owned()),
            payload,
            headers: headers.others,
        },
        None => protocol_one::parts(&payload, &headers.others)?,
    };
    received(parts, ours.as_ref(), &properties.priority, queue)
}

fn received(
    parts: Parts,
    ours: Option<&Ours<'_>>,
    priority: &Value,
    queue: &QueueName,
) -> Result<Received, Refusal> {
    if parts.headers.values().map(depth).max() >= Some(MOST_DEPTH) {
        return Err(Refusal::TooDeep);
    }
    let eta = moment("eta", parts.eta)?;
    let since = ours.and_then(|ours| DateTime::from_timestamp_micros(ours.due));
    let key = ours.and_then(|ours| ours.key.as_ref());
    let key = key.map(|Text(key)| key.clone().into_owned().try_into());
    let name = |what| move |error: ValueError| Refusal::Name { what, error };
    let retries = match ours {
        Some(_) => 0,
        None => whole(parts.headers.get("retries")),
    };
    let envelope = Envelope {
        id: parts.id.try_into().map_err(name("id"))?,
        name: parts.task.try_into().map_err(name("task"))?,
        payload: Payload::from_bytes(parts.payload),
        queue: queue.clone(),
        priority: Priority::new(u8::try_from(whole(Some(priority))).unwrap_or(u8::MAX)),
        due: eta.or(since).map_or(Due::Now, Due::At),
        expires_at: moment("expires", parts.expires)?,
        key: key.transpose().map_err(name("key"))?,
        headers: parts.headers,
    };
    Ok(Received {
        envelope,
        retries,
        conveyed: ours.is_some_and(|ours| ours.row),
    })
}

fn moment(header: &'static str, text: Option<String>) -> Result<Option<DateTime<Utc>>, Refusal> {
    let Some(text) = text else {
        return Ok(None);
    };
    let instant = read_moment(&text).ok_or_else(|| Refusal::Moment {
        header,
        text: short(&text),
    })?;
    Ok(Some(instant))
}

/// A number that counts something, zero if it is none.
fn whole(value: Option<&Value>) -> u32 {
    let number = value.and_then(Value::as_u64).unwrap_or(0);
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn text<'a>(text: Option<&'a Text<'_>>) -> Option<&'a str> {
    text.map(|Text(text)| &**text)
}

/// How deep a value is nested; the parser has bounded it already.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
