//! Events: what workers and tasks do, for those who watch.

mod task;
mod worker;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use self::task::{Received, Sent, TaskEvent};
pub use self::worker::{Vitals, WorkerEvent};
use super::transient::{Way, wrapped};

/// The exchange that events go to.
const EXCHANGE: &str = "celeryev";

/// Whom an event is about, and when it happened.
///
/// There is no `utcoffset`: receivers would shift the time by it, which is that of no zone.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// The name of the node.
    pub node: &'a str,
    /// Its process.
    pub pid: u32,
    /// Its logical clock.
    pub clock: u64,
    /// When it happened.
    pub at: DateTime<Utc>,
}

impl Stamp<'_> {
    /// An event of this type with these fields, as JSON.
    fn on(&self, kind: &str, fields: Value) -> String {
        let mut event = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        event.insert("type".to_owned(), Value::from(kind));
        event.insert("hostname".to_owned(), Value::from(self.node));
        event.insert("pid".to_owned(), Value::from(self.pid));
        event.insert("clock".to_owned(), Value::from(self.clock));
        event.insert("timestamp".to_owned(), Value::from(seconds(self.at)));
        Value::Object(event).to_string()
    }
}

/// An instant as Python writes it: seconds since 1970.
#[expect(
    clippy::cast_precision_loss,
    reason = "Python counts in floats, to the microsecond for centuries"
)]
pub fn seconds(instant: DateTime<Utc>) -> f64 {
    instant.timestamp_micros() as f64 / 1e6
}

/// The channel that events with this routing key are told on, in this database.
pub fn channel_of_events(database: i64, routing_key: &str) -> String {
    format!("/{database}.{EXCHANGE}/{routing_key}")
}

/// The routing key of what is told when a task is sent.
pub const SENT: &str = "task.sent";

/// The routing key of a batch of events of tasks.
pub const BATCH: &str = "task.multi";

/// The message that tells of one event.
pub fn one_event(node: &str, routing_key: &str, event: &str, tag: Uuid) -> Vec<u8> {
    let headers = serde_json::json!({"hostname": node});
    let way = Way {
        exchange: EXCHANGE,
        routing_key,
    };
    wrapped(event.as_bytes(), &headers, way, tag)
}

/// The message that tells of these events of tasks, in their order.
pub fn batch_of_events(node: &str, events: &[String], tag: Uuid) -> Vec<u8> {
    one_event(node, BATCH, &format!("[{}]", events.join(",")), tag)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_told_in_messages_of_their_own() {
        let stamp = Stamp {
            node: "alpha@host1",
            pid: 7,
            clock: 2,
            at: DateTime::from_timestamp_micros(1_795_352_364_770_628).expect("an instant"),
        };
        let event = TaskEvent::Started.write("an id", &stamp);

        let message = batch_of_events("alpha@host1", &[event.clone(), event], Uuid::from_u128(1));

        let message: Value = serde_json::from_slice(&message).expect("JSON");
        assert_eq!(message["headers"], json!({"hostname": "alpha@host1"}));
        let properties = &message["properties"];
        assert_eq!(properties["delivery_mode"], 1);
        assert_eq!(properties["delivery_info"]["routing_key"], "task.multi");
        let body = STANDARD.decode(message["body"].as_str().expect("text"));
        let body: Vec<Value> = serde_json::from_slice(&body.expect("base64")).expect("JSON");
        let expected = json!({
            "type": "task-started", "hostname": "alpha@host1", "pid": 7, "clock": 2,
            "timestamp": 1_795_352_364.770_628, "uuid": "an id",
        });
        assert_eq!(body, [expected.clone(), expected]);
        assert_eq!(channel_of_events(3, BATCH), "/3.celeryev/task.multi");
    }
}
