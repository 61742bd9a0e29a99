//! What a Python worker keeps of a message until it is acknowledged.

use std::collections::BTreeMap;

use domain::tasks::numbers;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::binding;

/// A message that a Python worker holds: `[message, exchange, routing_key]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unacked {
    /// The message, which now says that it is delivered again; all else in it is as it was.
    pub message: Vec<u8>,
    /// The exchange it was sent to; empty for one that was sent to a queue.
    pub exchange: String,
    /// The queue, or what the exchange tells queues by.
    pub routing_key: String,
    /// How urgent it is.
    pub priority: u8,
}

/// What is in an object, byte for byte.
type Fields = BTreeMap<String, Box<RawValue>>;

impl Unacked {
    /// What is kept; `None` when nobody understands it.
    pub fn read(kept: &[u8]) -> Option<Self> {
        type Kept = (Fields, Option<String>, String);
        let (mut message, exchange, routing_key): Kept =
            numbers::read(kept, |json| serde_json::from_slice(json)).ok()?;
        let mut headers = fields(&message, "headers")?;
        headers.insert("redelivered".into(), written(&true));
        let mut properties = fields(&message, "properties")?;
        let mut delivery_info = fields(&properties, "delivery_info")?;
        delivery_info.insert("redelivered".into(), written(&true));
        let priority = properties.get("priority");
        let priority = priority.and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
        let priority = priority.and_then(|priority| priority.as_i64()).unwrap_or(0);
        properties.insert("delivery_info".into(), written(&delivery_info));
        message.insert("headers".into(), written(&headers));
        message.insert("properties".into(), written(&properties));
        Some(Self {
            message: numbers::written(serde_json::to_string(&message).ok()?).into_bytes(),
            exchange: exchange.unwrap_or_default(),
            routing_key,
            priority: u8::try_from(priority.clamp(0, 9)).unwrap_or(0),
        })
    }

    /// The queues it goes to, of what is bound to its exchange.
    pub fn queues<'a>(&'a self, bindings: &'a [String]) -> Vec<&'a str> {
        if self.exchange.is_empty() {
            return vec![&self.routing_key];
        }
        binding::reached(bindings, &self.routing_key).collect()
    }
}

fn fields(of: &Fields, name: &str) -> Option<Fields> {
    let Some(raw) = of.get(name) else {
        return Some(Fields::new());
    };
    serde_json::from_str(raw.get()).ok()
}

fn written<T: serde::Serialize>(value: &T) -> Box<RawValue> {
    to_raw_value(value).expect("what was read is written")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEPT: &str = r#"[{"body": "W10=", "headers": {"task": "t", "n": 12345678901234567890123, "x": 1.50, "odd": [NaN, -Infinity]},
        "properties": {"priority": 4, "delivery_tag": "d", "delivery_info": {"exchange": "", "routing_key": "q"}}}, "", "q"]"#;

    #[test]
    fn a_message_comes_back_as_it_was_and_says_so() {
        let unacked = Unacked::read(KEPT.as_bytes()).expect("it is understood");

        let (queue, priority) = (unacked.queues(&[]), unacked.priority);
        assert_eq!((queue, priority), (vec!["q"], 4));
        let read = numbers::read(&unacked.message, |json| serde_json::from_slice(json));
        let message: Value = read.expect("JSON");
        assert_eq!(message["headers"]["redelivered"], true);
        let info = json!({"exchange": "", "routing_key": "q", "redelivered": true});
        assert_eq!(message["properties"]["delivery_info"], info);
        assert_eq!(message["properties"]["delivery_tag"], "d");
        let text = String::from_utf8(unacked.message).expect("text");
        for number in ["12345678901234567890123", "1.50", "[NaN, -Infinity]"] {
            assert!(text.contains(number), "{text}");
        }
    }

    #[test]
    fn any_bytes_are_read_or_not() {
        for end in 0..KEPT.len() {
            assert_eq!(Unacked::read(&KEPT.as_bytes()[..end]), None);
        }
        for odd in [
            "[[], \"\", \"q\"]",
            "[{\"headers\": 1}, \"\", \"q\"]",
            "{}",
            "\u{0}",
        ] {
            assert_eq!(Unacked::read(odd.as_bytes()), None, "{odd}");
        }
        assert!(Unacked::read(b"[{\"headers\": {\"a\": NaN}}, null, \"q\"]").is_some());
    }
}
