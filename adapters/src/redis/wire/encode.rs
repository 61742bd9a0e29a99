//! An envelope as a message of protocol 2.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use domain::tasks::{Envelope, numbers};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::headers::{OURS, Ours, RESERVED, Text};
use super::{repr, write_moment};

/// About as long as most messages are.
const USUAL_LENGTH: usize = 1536;

/// An envelope on its way out.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The task.
    pub envelope: &'a Envelope,
    /// When it is due.
    pub due_at: DateTime<Utc>,
    /// When it is sent.
    pub now: DateTime<Utc>,
    /// Tells this message from every other.
    pub tag: Uuid,
    /// Whether it stands for a row of the store.
    pub conveyed: bool,
}

/// The message that carries an envelope, with every header that Celery's own producers write.
///
/// What Celery has no word for stands in a header of our own, so that [`decode`](super::decode)
/// makes the same envelope of it. A Python worker takes it for a task that nobody waits for.
///
/// # Panics
///
/// Never: texts and numbers serialize.
pub fn encode(sent: &Sent<'_>) -> Vec<u8> {
    let envelope = sent.envelope;
    written(&Form {
        envelope,
        due_at: sent.due_at,
        now: sent.now,
        tag: sent.tag,
        ours: Some(Ours {
            due: sent.due_at.timestamp_micros(),
            key: envelope.key.as_ref().map(|key| text(key.as_str())),
            row: sent.conveyed,
            headers: own(envelope).map(|(name, _)| text(name)).collect(),
        }),
        body: envelope.payload.as_bytes(),
        compression: None,
        reply_to: envelope.id.as_str(),
    })
}

/// All that a message is made of.
pub(super) struct Form<'a> {
    pub(super) envelope: &'a Envelope,
    pub(super) due_at: DateTime<Utc>,
    pub(super) now: DateTime<Utc>,
    pub(super) tag: Uuid,
    /// What Celery has no word for.
    pub(super) ours: Option<Ours<'a>>,
    /// The payload of the envelope, packed or not.
    pub(super) body: &'a [u8],
    pub(super) compression: Option<&'static str>,
    pub(super) reply_to: &'a str,
}

/// The message that is made of these.
pub(super) fn written(form: &Form<'_>) -> Vec<u8> {
    let envelope = form.envelope;
    let until_expiry = envelope
        .expires_at
        .map(|at| (at - form.now).num_milliseconds());
    let message = Message {
        body: STANDARD.encode(form.body),
        content_encoding: "utf-8",
        content_type: "application/json",
        headers: Headers(form),
        properties: Properties {
            correlation_id: envelope.id.as_str(),
            reply_to: form.reply_to,
            delivery_mode: 2,
            delivery_info: DeliveryInfo {
                exchange: "",
                routing_key: envelope.queue.as_str(),
            },
            priority: envelope.priority.number(),
            body_encoding: "base64",
            delivery_tag: form.tag,
            expiration: until_expiry.map(|left| left.max(0).to_string()),
        },
    };
    let mut bytes = Vec::with_capacity(USUAL_LENGTH);
    serde_json::to_writer(&mut bytes, &message).expect("texts and numbers serialize");
    let json = String::from_utf8(bytes).expect("JSON is text");
    numbers::written(json).into_bytes()
}

#[derive(Serialize)]
struct Message<'a> {
    body: String,
    #[serde(rename = "content-encoding")]
    content_encoding: &'static str,
    #[serde(rename = "content-type")]
    content_type: &'static str,
    headers: Headers<'a>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
struct Properties<'a> {
    correlation_id: &'a str,
    reply_to: &'a str,
    delivery_mode: u8,
    delivery_info: DeliveryInfo<'a>,
    priority: u8,
    body_encoding: &'static str,
    delivery_tag: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration: Option<String>,
}

#[derive(Serialize)]
struct DeliveryInfo<'a> {
    exchange: &'static str,
    routing_key: &'a str,
}

struct Headers<'a>(&'a Form<'a>);

/// Headers that the envelope itself has.
fn own(envelope: &Envelope) -> impl Iterator<Item = (&String, &Value)> {
    let headers = envelope.headers.iter();
    headers.filter(|(name, _)| !RESERVED.contains(&name.as_str()))
}

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(form) = self;
        let envelope = form.envelope;
        let mut map = serializer.serialize_map(None)?;
        // First, so that a reader knows from the start which of the others to keep.
        if let Some(ours) = &form.ours {
            map.serialize_entry(OURS, ours)?;
        }
        map.serialize_entry("task", envelope.name.as_str())?;
        map.serialize_entry("id", envelope.id.as_str())?;
        let eta = (form.now < form.due_at).then(|| write_moment(form.due_at));
        map.serialize_entry("eta", &eta.flatten())?;
        map.serialize_entry("expires", &envelope.expires_at.and_then(write_moment))?;
        if let Some(compression) = form.compression {
            map.serialize_entry("compression", compression)?;
        }
        let (arguments, keywords) = repr::arguments(&envelope.payload);
        let mut usual = Usual {
            map,
            own: &envelope.headers,
        };
        usual.add("lang", "rust")?;
        usual.add("shadow", NONE)?;
        usual.add("group", NONE)?;
        usual.add("group_index", NONE)?;
        usual.add("retries", &0)?;
        usual.add("timelimit", &[NONE, NONE])?;
        usual.add("root_id", envelope.id.as_str())?;
        usual.add("parent_id", NONE)?;
        usual.add("argsrepr", &arguments)?;
        usual.add("kwargsrepr", &keywords)?;
        usual.add("origin", OURS)?;
        // Of others' tasks their own setting decides.
        usual.add("ignore_result", &form.ours.is_some().then_some(true))?;
        usual.add("replaced_task_nesting", &0)?;
        usual.add("stamped_headers", NONE)?;
        usual.add("stamps", &BTreeMap::<&str, ()>::new())?;
        let mut map = usual.map;
        for (name, value) in own(envelope) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// What Python writes for nothing.
const NONE: &() = &();

/// The headers that Celery's producers always write; where the task has one of its own, that goes.
struct Usual<'a, M> {
    map: M,
    own: &'a Map<String, Value>,
}

impl<M: SerializeMap> Usual<'_, M> {
    fn add<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), M::Error> {
        if self.own.contains_key(name) {
            return Ok(());
        }
        self.map.serialize_entry(name, value)
    }
}

fn text(text: &str) -> Text<'_> {
    Text(Cow::Borrowed(text))
}
