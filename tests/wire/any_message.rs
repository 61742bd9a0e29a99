//! Whatever lies in a list: it is understood or refused, and what we send comes back as it was.

use adapters::redis::wire::{Sent, decode, encode, read_moment, write_moment};
use chrono::{DateTime, Utc};
use domain::tasks::{Due, Envelope, Payload, Priority, QueueName};
use proptest::prelude::*;
use serde_json::{Map, Value};
use tests::samples::{START, value};
use uuid::Uuid;

use super::captured;

/// Instants that Python knows, to the microsecond.
fn instants() -> impl Strategy<Value = DateTime<Utc>> {
    (-60_000_000_000_000_000_i64..250_000_000_000_000_000)
        .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn names() -> impl Strategy<Value = String> {
    "[^\\p{Cc}]{1,60}"
}

fn headers() -> impl Strategy<Value = Map<String, Value>> {
    let values = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::collection::vec(any::<String>(), 0..3).prop_map(Value::from),
    ];
    let names = prop_oneof![
        any::<String>(),
        "retries|lang|group|ignore_result|eta2|root_id",
    ];
    prop::collection::vec((names, values), 0..5).prop_map(|entries| entries.into_iter().collect())
}

fn envelopes() -> impl Strategy<Value = Envelope> {
    (
        (names(), names(), names(), prop::option::of(names())),
        any::<Vec<u8>>(),
        0..=9_u8,
        instants(),
        prop::option::of(instants()),
        headers(),
    )
        .prop_map(
            |((id, name, queue, key), payload, priority, due, expires_at, headers)| Envelope {
                id: value(&id),
                name: value(&name),
                payload: Payload::from_bytes(payload),
                queue: value(&queue),
                priority: Priority::new(priority),
                due: Due::At(due),
                expires_at,
                key: key.map(|key| value(&key)),
                headers,
            },
        )
}

proptest! {
    #[test]
    fn an_envelope_comes_back_as_it_was(envelope in envelopes(), now in instants()) {
        let Due::At(due_at) = envelope.due else { unreachable!("they are due at an instant") };
        let sent = Sent { envelope: &envelope, due_at, now, tag: Uuid::from_u128(1), conveyed: false };

        let received = decode(&encode(&sent), &envelope.queue).unwrap();

        prop_assert_eq!(received.envelope, envelope);
    }

    #[test]
    fn any_bytes_are_refused_without_harm(bytes in any::<Vec<u8>>()) {
        prop_assert!(decode(&bytes, &QueueName::default()).is_err());
    }

    #[test]
    fn a_message_with_any_part_of_it_spoilt_does_no_harm(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        length in 0..40_usize,
        spoilt in prop_oneof![any::<Vec<u8>>(), "[\\[\\]{}\",:0-9a-z]{0,40}".prop_map(String::into_bytes)],
    ) {
        let messages = captured();
        let mut message = which.get(&messages).message.to_string().into_bytes();
        let from = place.index(message.len());
        let to = message.len().min(from + length);
        message.splice(from..to, spoilt);

        if let Ok(received) = decode(&message, &QueueName::default()) {
            prop_assert!(!received.envelope.id.as_str().is_empty());
        }
    }

    #[test]
    fn any_text_is_an_instant_or_none(text in prop_oneof![any::<String>(), "[0-9TZ:.+ -]{0,40}"]) {
        if let Some(written) = read_moment(&text).and_then(write_moment) {
            prop_assert_eq!(read_moment(&text), read_moment(&written));
        }
    }

    #[test]
    fn an_instant_comes_back_as_it_was(instant in instants()) {
        prop_assert_eq!(write_moment(instant).and_then(|text| read_moment(&text)), Some(instant));
    }

    #[test]
    fn the_time_of_a_task_survives_the_wire(micros in 0..2_000_000_000_000_000_i64) {
        let due_at = DateTime::from_timestamp_micros(micros).unwrap();
        let envelope = tests::samples::task("a");
        let sent = Sent { envelope: &envelope, due_at, now: START, tag: Uuid::nil(), conveyed: false };

        let received = decode(&encode(&sent), &envelope.queue).unwrap();

        prop_assert_eq!(received.envelope.due, Due::At(due_at));
    }
}
