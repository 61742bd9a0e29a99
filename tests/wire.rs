//! Celery's wire, held to messages that Celery sent.
//!
//! `wire/messages.json` holds messages as Celery 5.7 puts them into its lists, with what it
//! was asked to send; `wire/refused.json` holds what is not understood, and a few oddities
//! that are.

mod any_canvas;
mod any_command;
mod any_message;
mod any_number;
mod canvas;
mod ours;

use adapters::redis::wire::{MOST_MESSAGE, Received, Sent, decode, encode, list_of, step_of};
use chrono::{DateTime, NaiveDateTime, Utc};
use domain::tasks::{Due, Envelope, QueueName, numbers};
use serde::Deserialize;
use serde_json::{Value, json};
use tests::samples::START;
use uuid::Uuid;

#[derive(Deserialize)]
struct Captured {
    case: String,
    message: Value,
    says: Says,
}

#[derive(Deserialize)]
struct Says {
    list: String,
    task: String,
    id: String,
    eta: Option<String>,
    expires: Option<String>,
    retries: u32,
    /// Missing in protocol 1.
    payload: Option<String>,
}

#[derive(Deserialize)]
struct Odd {
    case: String,
    refused: Option<String>,
    message: String,
}

fn captured() -> Vec<Captured> {
    serde_json::from_str(include_str!("wire/messages.json")).unwrap()
}

fn named(case: &str) -> Value {
    let mut all = captured().into_iter();
    all.find(|each| each.case == case).unwrap().message
}

fn read(message: &Value) -> Received {
    decode(message.to_string().as_bytes(), &QueueName::default()).unwrap()
}

fn sent(envelope: &Envelope, due_at: DateTime<Utc>) -> Value {
    let sent = Sent {
        envelope,
        due_at,
        now: START,
        tag: Uuid::from_u128(1),
        conveyed: false,
    };
    serde_json::from_slice(&encode(&sent)).unwrap()
}

/// The instant, read by other means; without an offset it is UTC.
fn instant(text: &str) -> DateTime<Utc> {
    let naive = |_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").unwrap();
    let read = DateTime::parse_from_rfc3339(text);
    read.map_or_else(|error| naive(error).and_utc(), |read| read.to_utc())
}

#[test]
fn what_celery_sends_is_read() {
    for Captured {
        case,
        message,
        says,
    } in captured()
    {
        let Received {
            envelope, retries, ..
        } = read(&message);

        assert_eq!(envelope.name.as_str(), says.task, "{case}");
        assert_eq!(envelope.id.as_str(), says.id, "{case}");
        assert_eq!(retries, says.retries, "{case}");
        let due = says.eta.map_or(Due::Now, |eta| Due::At(instant(&eta)));
        assert_eq!(envelope.due, due, "{case}");
        let expires_at = says.expires.map(|text| instant(&text));
        assert_eq!(envelope.expires_at, expires_at, "{case}");
        let list = list_of(&QueueName::default(), step_of(envelope.priority));
        assert_eq!(list, says.list, "{case}");
        if let Some(payload) = says.payload {
            assert_eq!(envelope.payload.as_bytes(), payload.as_bytes(), "{case}");
        }
    }
}

#[test]
fn headers_that_belong_to_the_task_are_kept() {
    let headers = read(&named("headers")).envelope.headers;
    assert_eq!(headers["tenant"], "acme");
    assert_eq!(headers["trace"], json!({"id": 7}));

    let headers = read(&named("time-limits")).envelope.headers;
    assert_eq!(
        headers["timelimit"],
        named("time-limits")["headers"]["timelimit"]
    );

    let message = named("plain");
    let headers = read(&message).envelope.headers;
    for name in ["root_id", "parent_id", "origin", "argsrepr"] {
        assert_eq!(headers[name], message["headers"][name], "{name}");
    }
    for name in ["task", "id", "eta", "expires", "compression"] {
        assert!(!headers.contains_key(name), "{name} has a place of its own");
    }
}

#[test]
fn protocol_1_is_read_in_the_form_of_protocol_2() {
    let envelope = read(&named("protocol-1")).envelope;

    let body: Value = serde_json::from_slice(envelope.payload.as_bytes()).unwrap();
    assert_eq!((&body[0], &body[1]), (&json!([2, 2]), &json!({})));
    assert_eq!(body[2]["callbacks"][0]["task"], "samples.mul");
    assert_eq!(body[2]["chain"], Value::Null);
    assert_eq!(envelope.headers["timelimit"], json!([null, null]));
}

#[test]
fn what_is_not_understood_is_refused_with_the_reason() {
    let odd: Vec<Odd> = serde_json::from_str(include_str!("wire/refused.json")).unwrap();
    for Odd {
        case,
        refused,
        message,
    } in odd
    {
        let answer = decode(message.as_bytes(), &QueueName::default());
        match (answer, refused) {
            (Ok(_), None) => {}
            (Err(refusal), Some(words)) => {
                assert!(refusal.to_string().contains(&words), "{case}: {refusal}");
            }
            (answer, _) => panic!("{case}: {answer:?}"),
        }
    }
}

#[test]
fn numbers_that_only_python_knows_are_kept_in_headers() {
    let message = named("plain").to_string();
    let odd = message.replace(r#""stamps":{}"#, r#""stamps":{"a":NaN,"b":[-Infinity]}"#);
    assert_ne!(odd, message);

    let envelope = decode(odd.as_bytes(), &QueueName::default())
        .unwrap()
        .envelope;

    let is = |number: &Value| numbers::number_in(number).map(str::to_owned);
    let stamps = &envelope.headers["stamps"];
    assert_eq!(is(&stamps["a"]).as_deref(), Some("NaN"));
    assert_eq!(is(&stamps["b"][0]).as_deref(), Some("-Infinity"));
    let again = encode(&Sent {
        envelope: &envelope,
        due_at: START,
        now: START,
        tag: Uuid::nil(),
        conveyed: false,
    });
    let text = String::from_utf8(again).unwrap();
    assert!(
        text.contains(r#""stamps":{"a":NaN,"b":[-Infinity]}"#),
        "{text}"
    );
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    let refusal = |message: String| {
        let refused = decode(message.as_bytes(), &QueueName::default());
        refused.unwrap_err().to_string()
    };
    let mut deep = named("plain").to_string();
    let levels = format!(r#""stamps":{}1{}"#, "[".repeat(64), "]".repeat(64));
    deep = deep.replace(r#""stamps":{}"#, &levels);

    assert!(refusal(" ".repeat(MOST_MESSAGE + 1)).contains("bytes long"));
    assert!(refusal(deep).contains("deeper than 64 levels"));
    assert!(refusal("[".repeat(100_000)).contains("Celery's form"));
}
