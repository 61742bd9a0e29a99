//! Messages that nobody keeps: events, commands and the replies to them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Refusal;
use super::body::unwrapped;
use super::headers::Text;

/// How long a command or a reply may be: as long as that of a worker that tells of 50,000
/// revoked tasks.
pub const MOST_TRANSIENT: usize = 4 * 1024 * 1024;

/// Where a message goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    /// The exchange.
    pub(super) exchange: &'a str,
    /// The routing key.
    pub(super) routing_key: &'a str,
}

/// A message that carries `body`, which is JSON, with these headers.
pub(super) fn wrapped(body: &[u8], headers: &Value, way: Way<'_>, tag: Uuid) -> Vec<u8> {
    let Way {
        exchange,
        routing_key,
    } = way;
    let message = json!({
        "body": STANDARD.encode(body),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers,
        "properties": {
            "delivery_mode": 1,
            "delivery_info": {"exchange": exchange, "routing_key": routing_key},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": tag,
        },
    });
    message.to_string().into_bytes()
}

/// The headers of a message, and what it carries.
pub(super) fn opened(message: &[u8]) -> Result<(Map<String, Value>, Vec<u8>), Refusal> {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(borrow)]
        body: Text<'a>,
        #[serde(borrow, default, rename = "content-type")]
        content_type: Option<Text<'a>>,
        #[serde(default)]
        headers: Map<String, Value>,
        #[serde(borrow, default)]
        properties: Properties<'a>,
    }

    #[derive(Default, Deserialize)]
    struct Properties<'a> {
        #[serde(borrow, default)]
        body_encoding: Option<Text<'a>>,
    }

    if MOST_TRANSIENT < message.len() {
        return Err(Refusal::TooLong(message.len()));
    }
    let message: Message<'_> = serde_json::from_slice(message).map_err(Refusal::Form)?;
    let text = |text: &Option<Text<'_>>| text.as_ref().map(|Text(text)| text.to_string());
    let compression = message.headers.get("compression").and_then(Value::as_str);
    let body = unwrapped(
        &message.body.0,
        text(&message.content_type).as_deref(),
        text(&message.properties.body_encoding).as_deref(),
        compression,
    )?;
    Ok((message.headers, body))
}
