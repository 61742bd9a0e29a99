//! What follows a task, held to what Celery's own workers and clients send.
//!
//! `canvas.json` holds messages that Celery 5.7 sent when a task had ended, or when a canvas
//! was applied; the ids that it made up differ from run to run, and so do ours.

use std::collections::HashMap;

use adapters::redis::wire::canvas::{
    FollowUps, Parent, after_failure, after_header, after_success, start,
};
use adapters::redis::wire::{Outgoing, Signature};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tests::samples::START;
use uuid::Uuid;

use super::{body, embed, with_sender};

#[derive(Deserialize)]
struct Case {
    #[serde(rename = "case")]
    what: String,
    how: String,
    #[serde(default)]
    ended: Value,
    #[serde(default)]
    result: Value,
    #[serde(default)]
    signature: Value,
    sent: Vec<Value>,
}

/// A message as the samples hold it.
fn shown(message: &Outgoing) -> Value {
    let sent: Value = serde_json::from_slice(&message.encode(START, Uuid::from_u128(1))).unwrap();
    let names = [
        "task",
        "id",
        "group",
        "group_index",
        "root_id",
        "parent_id",
        "shadow",
        "timelimit",
        "stamped_headers",
        "stamps",
    ];
    let headers: Map<String, Value> = names
        .iter()
        .map(|name| ((*name).to_owned(), sent["headers"][*name].clone()))
        .collect();
    assert!(sent["headers"].get("backbeat").is_none());
    json!({
        "list": message.list(),
        "priority": sent["properties"]["priority"],
        "headers": headers,
        "body": body(message),
    })
}

/// `value` with every UUID named by when it is first seen, and without what only Celery minds.
fn canonical(value: &Value, names: &mut HashMap<String, String>) -> Value {
    match value {
        Value::String(text) if Uuid::try_parse(text).is_ok() => {
            let next = format!("id {}", names.len());
            names.entry(text.clone()).or_insert(next).clone().into()
        }
        Value::Array(values) => values.iter().map(|each| canonical(each, names)).collect(),
        Value::Object(map) => {
            let is_chord = map.get("task").is_some_and(|task| task == "celery.chord");
            let mut plain = Map::new();
            for (name, value) in map {
                let mut value = value.clone();
                if let ("options", Value::Object(options)) = (name.as_str(), &mut value) {
                    let is_unminded = |name: &str| {
                        ["reply_to", "root_id"].contains(&name) || is_chord && name == "task_id"
                    };
                    options.retain(|name, value| !value.is_null() && !is_unminded(name));
                }
                plain.insert(name.clone(), canonical(&value, names));
            }
            plain.into()
        }
        _ => value.clone(),
    }
}

fn follow_ups(case: &Case) -> FollowUps {
    let read = || {
        let id = case.ended["headers"]["id"].as_str().unwrap();
        let root_id = case.ended["headers"]["root_id"].as_str().unwrap();
        let parent = Parent {
            id: id.to_owned(),
            root_id: root_id.to_owned(),
            priority: None,
        };
        (parent, embed(&case.ended["body"][2]))
    };
    with_sender(|sender| match case.how.as_str() {
        "start" => {
            let signature = Signature::read(case.signature.clone()).unwrap();
            start(signature, "seed", sender).unwrap().unwrap().1
        }
        "done" => {
            let (parent, embed) = read();
            after_success(&parent, embed, &case.result, sender).unwrap()
        }
        "header" => {
            let (parent, embed) = read();
            let results = case.result.as_array().unwrap().clone();
            after_header(&parent, embed.chord.unwrap(), results, sender).unwrap()
        }
        _ => {
            let (parent, embed) = read();
            let failed = after_failure(&parent, embed, sender).unwrap();
            FollowUps {
                messages: failed.messages,
                ..FollowUps::default()
            }
        }
    })
}

#[test]
fn what_follows_is_what_celery_sends() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../canvas.json")).unwrap();
    for case in cases {
        let messages = follow_ups(&case).messages;

        let shown: Value = messages.iter().map(shown).collect();
        let shown = canonical(&shown, &mut HashMap::new());
        let expected = canonical(&case.sent.clone().into(), &mut HashMap::new());
        assert_eq!(
            serde_json::to_string_pretty(&shown).unwrap(),
            serde_json::to_string_pretty(&expected).unwrap(),
            "{}",
            case.what
        );
    }
}
