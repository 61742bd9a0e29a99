//! What we send, held to what Celery sends.

use adapters::redis::wire::{Outgoing, decode};
use chrono::TimeDelta;
use domain::tasks::{Envelope, Payload, Priority, QueueName};
use serde_json::{Value, json};
use tests::samples::{START, task, value};
use uuid::Uuid;

use super::{named, read, sent};

/// What Celery's own producers write, a consumer may count on.
#[test]
fn our_messages_have_all_that_celery_s_have() {
    let theirs = named("countdown-and-expires");
    let envelope = Envelope {
        payload: Payload::from_bytes(r#"[[16, "a"], {"é": null}, {}]"#.into()),
        priority: Priority::new(4),
        expires_at: Some(START + TimeDelta::seconds(90)),
        ..task("an id")
    };

    let ours = sent(&envelope, START + TimeDelta::seconds(10));

    for part in ["headers", "properties"] {
        for name in theirs[part].as_object().unwrap().keys() {
            assert!(
                !ours[part][name].is_null() || theirs[part][name].is_null(),
                "{part}: {name}"
            );
            assert!(ours[part].get(name).is_some(), "{part}: {name}");
        }
    }
    let headers = &ours["headers"];
    assert_eq!(headers["task"], "samples.work");
    assert_eq!(
        (&headers["id"], &headers["root_id"]),
        (&json!("an id"), &json!("an id"))
    );
    assert_eq!(headers["eta"], "2026-01-01T12:00:10+00:00");
    assert_eq!(headers["expires"], "2026-01-01T12:01:30+00:00");
    assert_eq!(headers["argsrepr"], "(16, 'a')");
    assert_eq!(headers["kwargsrepr"], "{'é': None}");
    let properties = &ours["properties"];
    assert_eq!(
        properties["delivery_info"],
        json!({"exchange": "", "routing_key": "celery"})
    );
    assert_eq!(
        (&properties["priority"], &properties["expiration"]),
        (&json!(4), &json!("90000"))
    );
}

#[test]
fn a_header_of_the_task_wins_over_ours() {
    let headers = json!({"lang": "cobol", "retries": 3, "id": "forged", "compression": "zlib"});
    let envelope = Envelope {
        headers: headers.as_object().unwrap().clone(),
        key: Some(value("work:1")),
        ..task("a")
    };

    let message = sent(&envelope, START);

    assert_eq!(message["headers"]["lang"], "cobol");
    assert_eq!(
        message["headers"]["id"], "a",
        "what has a place of its own is not forged"
    );
    let back = read(&message).envelope;
    assert_eq!(
        Value::from(back.headers),
        json!({"lang": "cobol", "retries": 3})
    );
    assert_eq!(back.key, envelope.key);
}

#[test]
fn what_python_is_to_do_looks_as_if_python_had_sent_it() {
    let envelope = Envelope {
        headers: [
            ("celery_beat_task".to_owned(), json!(true)),
            ("tenant".to_owned(), json!("acme")),
        ]
        .into_iter()
        .collect(),
        priority: Priority::new(4),
        ..task("one")
    };
    let outgoing = Outgoing {
        envelope,
        reply_to: None,
        compression: None,
    };
    let bytes = outgoing.encode(START + TimeDelta::seconds(1), Uuid::from_u128(1));

    let message: Value = serde_json::from_slice(&bytes).unwrap();
    let plain = named("plain");
    let names = |message: &Value| -> Vec<String> {
        let headers = message["headers"].as_object().unwrap();
        headers.keys().cloned().collect()
    };
    let ours = names(&message);
    for name in names(&plain) {
        assert!(ours.contains(&name), "{name}");
    }
    let more: Vec<_> = ours
        .iter()
        .filter(|it| !names(&plain).contains(it))
        .collect();
    assert_eq!(more, ["celery_beat_task", "tenant"]);
    assert_eq!(message["headers"]["ignore_result"], Value::Null);
    assert_eq!(message["headers"]["root_id"], "one");
    let received = decode(&bytes, &QueueName::default()).unwrap();
    assert_eq!((received.envelope.key, received.conveyed), (None, false));
}
