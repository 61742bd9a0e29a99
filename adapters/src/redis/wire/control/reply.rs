//! Replies to commands.

use domain::tasks::numbers;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Asker, REPLIES, Way, opened, wrapped};
use crate::redis::wire::Refusal;

/// What nodes answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Which request is answered.
    pub ticket: Option<String>,
    /// The logical clock of whoever answers.
    pub clock: u64,
    /// The answer of each node.
    pub answers: Map<String, Value>,
}

/// The message with the answer of `node`.
pub fn write_reply(node: &str, answer: &Value, asker: &Asker, clock: u64, tag: Uuid) -> Vec<u8> {
    let headers = json!({"ticket": asker.ticket, "clock": clock});
    let way = Way {
        exchange: REPLIES,
        routing_key: &asker.key,
    };
    let body = numbers::written(json!({node: answer}).to_string());
    wrapped(body.as_bytes(), &headers, way, tag)
}

/// The reply that a message carries.
///
/// # Errors
///
/// When it cannot be understood.
pub fn read_reply(message: &[u8]) -> Result<Reply, Refusal> {
    let (headers, body) = opened(message)?;
    let read = numbers::read(&body, |json| serde_json::from_slice(json));
    let answers = read.map_err(Refusal::Form)?;
    let ticket = headers.get("ticket").and_then(Value::as_str);
    Ok(Reply {
        ticket: ticket.map(str::to_owned),
        clock: headers.get("clock").and_then(Value::as_u64).unwrap_or(0),
        answers,
    })
}

/// The answer that all is well, with these words for people.
pub fn ok_reply(words: impl Into<String>) -> Value {
    json!({"ok": words.into()})
}

/// The answer that something is wrong.
pub fn error_reply(words: impl Into<String>) -> Value {
    json!({"error": words.into()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_comes_out_as_it_went_in() {
        let asker = Asker {
            key: "an oid".to_owned(),
            ticket: Some("a ticket".to_owned()),
        };

        let message = write_reply("a@b", &ok_reply("pong"), &asker, 7, Uuid::from_u128(1));

        let reply = read_reply(&message).expect("a reply");
        assert_eq!(reply.ticket, asker.ticket);
        assert_eq!(reply.clock, 7);
        assert_eq!(Value::from(reply.answers), json!({"a@b": {"ok": "pong"}}));
        assert_eq!(asker.list(), "an oid.reply.celery.pidbox");
        let message: Value = serde_json::from_slice(&message).expect("JSON");
        let way = json!({"exchange": "reply.celery.pidbox", "routing_key": "an oid"});
        assert_eq!(message["properties"]["delivery_info"], way);
    }
}
