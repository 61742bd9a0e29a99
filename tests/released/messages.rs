//! Messages on Redis: those of every version are read, and today's are as the newest.

use adapters::redis::wire::{Sent, decode, encode};
use chrono::TimeDelta;
use domain::tasks::{Due, Envelope, Payload, Priority, QueueName};
use domain::use_cases::CongratulateArtist;
use serde_json::{Value, json};
use tests::samples::{START, album, artist, congratulation, schedule_entry, task, value};
use uuid::Uuid;

use super::{is_the_newest, samples};

const NAME: &str = "messages.json";

/// One envelope of each kind that we put onto Redis.
fn envelopes() -> Vec<(&'static str, Envelope)> {
    let with_all = Envelope {
        payload: Payload::from_bytes(r#"[[16, "a"], {"é": null}, {}]"#.into()),
        queue: value("mails"),
        priority: Priority::new(6),
        due: Due::At(START + TimeDelta::seconds(10)),
        expires_at: Some(START + TimeDelta::seconds(90)),
        key: Some(value("work:1")),
        headers: json!({"tenant": "acme", "trace": {"id": 7}})
            .as_object()
            .unwrap()
            .clone(),
        ..task("with all")
    };
    vec![
        (
            "a congratulation",
            congratulation(&album(&artist(1), 3).album),
        ),
        (
            "what a beat fired",
            schedule_entry("nightly", 30).seal(START, START),
        ),
        ("a task with all it may have", with_all),
    ]
}

/// What is put onto Redis today, in the words in which it lies there.
fn messages() -> Value {
    let message = |(says, envelope): &(&str, Envelope), conveyed| {
        let sent = Sent {
            envelope,
            due_at: envelope.due.from(START),
            now: START,
            tag: Uuid::from_u128(1),
            conveyed,
        };
        let message = String::from_utf8(encode(&sent)).unwrap();
        json!({"says": says, "conveyed": conveyed, "message": message})
    };
    let envelopes = envelopes();
    let alone = envelopes.iter().map(|each| message(each, false));
    let for_rows = envelopes.iter().map(|each| message(each, true));
    alone.chain(for_rows).collect()
}

/// What is understood of `messages`.
fn understood(messages: &Value) -> Vec<String> {
    let messages = messages.as_array().unwrap().iter();
    let read = messages.map(|each| {
        let message = each["message"].as_str().unwrap();
        let read = decode(message.as_bytes(), &QueueName::default()).unwrap();
        format!("{}: {read:?}", each["says"])
    });
    read.collect()
}

#[test]
fn messages_of_every_version_are_read_and_ours_are_as_the_newest() {
    let today = messages();

    is_the_newest(NAME, &today, Value::clone);

    for (version, sample) in samples(NAME) {
        assert_eq!(understood(&sample), understood(&today), "{version}");
    }
}

#[test]
fn what_a_later_version_adds_does_no_harm() {
    let envelope = congratulation(&album(&artist(1), 3).album);
    let mut body: Value = serde_json::from_slice(envelope.payload.as_bytes()).unwrap();
    body[1]["tone"] = json!("solemn");
    let later = Envelope {
        payload: Payload::from_bytes(body.to_string().into_bytes()),
        ..envelope.clone()
    };
    let sent = Sent {
        envelope: &later,
        due_at: START,
        now: START,
        tag: Uuid::from_u128(1),
        conveyed: true,
    };
    let mut message: Value = serde_json::from_slice(&encode(&sent)).unwrap();
    message["shape"] = json!(3);
    message["properties"]["shape"] = json!(3);
    message["headers"]["backbeat"]["shape"] = json!(3);

    let read = decode(message.to_string().as_bytes(), &QueueName::default()).unwrap();

    assert!(read.conveyed, "it still stands for a row");
    assert_eq!(read.envelope.key, envelope.key);
    let task: CongratulateArtist = read.envelope.payload.decode().unwrap();
    assert_eq!(task, envelope.payload.decode().unwrap());
}
