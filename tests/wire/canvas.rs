//! What follows a task: how it is sent, counted and failed.

mod captured;

use adapters::redis::wire::canvas::{
    Embed, FailedStep, Parent, Sender, after_failed_header, after_failure, after_success, start,
};
use adapters::redis::wire::{Outgoing, Signature, decode};
use domain::tasks::{Payload, Priority, QueueName, Routes};
use serde_json::{Value, json};
use tests::samples::START;
use uuid::Uuid;

/// Runs `test` with a sender that routes everything to `celery`.
pub(super) fn with_sender<T>(test: impl FnOnce(&Sender<'_>) -> T) -> T {
    let routes = Routes::default();
    test(&Sender {
        routes: &routes,
        priority: Priority::default(),
        now: START,
    })
}

pub(super) fn parent(id: &str) -> Parent {
    Parent {
        id: id.to_owned(),
        root_id: "root".to_owned(),
        priority: None,
    }
}

pub(super) fn embed(value: &Value) -> Embed {
    let body = json!([[], {}, value]).to_string();
    Embed::read(&Payload::from_bytes(body.into_bytes())).unwrap()
}

pub(super) fn body(message: &Outgoing) -> Value {
    serde_json::from_slice(message.envelope.payload.as_bytes()).unwrap()
}

#[test]
fn what_is_sent_comes_in_as_anybodys() {
    let signature = Signature::new("a")
        .with_args(vec![json!(1)])
        .with_option("compression", "gzip")
        .with_option("expires", 60)
        .with_option("priority", 7)
        .with_option("headers", json!({"tenant": "acme", "id": "stolen"}))
        .with_option("task_id", "own");
    let sent = with_sender(|sender| start(signature, "seed", sender).unwrap().unwrap().1);

    let message = sent.messages[0].encode(START, Uuid::from_u128(1));
    let received = decode(&message, &QueueName::default()).unwrap();

    assert_eq!(received.envelope.id.as_str(), "own");
    assert_eq!(received.envelope.payload, sent.messages[0].envelope.payload);
    assert_eq!(received.envelope.headers["tenant"], "acme");
    assert_eq!(received.envelope.headers["root_id"], "own");
    assert_eq!(received.envelope.priority, Priority::new(7));
    assert!(received.envelope.key.is_none());
    assert!(!received.conveyed);
}

#[test]
fn the_children_of_a_result_are_what_it_sent() {
    let link = |names: &[&str]| {
        let all = names
            .iter()
            .map(|name| json!({"task": "t", "options": {"task_id": name}}));
        json!({"callbacks": all.collect::<Value>(), "chain": [{"task": "t", "options": {"task_id": "next"}}]})
    };
    let children = |names: &[&str]| {
        let embed = embed(&link(names));
        with_sender(|sender| after_success(&parent("p"), embed, &json!(1), sender).unwrap())
            .children
    };

    assert_eq!(
        children(&["a"]),
        [json!([["a", null], null]), json!([["next", null], null])]
    );
    let several = children(&["a", "b"]);
    assert_eq!(several.len(), 2);
    assert_eq!(
        several[0][1],
        json!([[["a", null], null], [["b", null], null]])
    );
}

#[test]
fn options_say_how_it_is_sent() {
    let embed = embed(&json!({"callbacks": [{
        "task": "t", "args": [9], "immutable": true,
        "options": {
            "queue": "q", "countdown": 5, "expires": "2030-01-01T00:00:00", "priority": 4,
            "time_limit": 3, "soft_time_limit": 2.5, "ignore_result": true, "shadow": "s",
            "link": {"task": "l"}, "link_error": [{"task": "e"}], "stamped_headers": ["who"], "who": "me",
        },
    }]}));
    let sent = with_sender(|sender| after_success(&parent("p"), embed, &json!(1), sender));
    let message = &sent.unwrap().messages[0];

    let shown: Value = serde_json::from_slice(&message.encode(START, Uuid::nil())).unwrap();
    let headers = &shown["headers"];
    assert_eq!(message.list(), "q\u{6}\u{16}3");
    assert_eq!(body(message)[0], json!([9]));
    assert_eq!(body(message)[2]["callbacks"], json!([{"task": "l"}]));
    assert_eq!(body(message)[2]["errbacks"], json!([{"task": "e"}]));
    assert_eq!(headers["timelimit"], json!([3, 2.5]));
    assert_eq!(headers["ignore_result"], true);
    assert_eq!(headers["shadow"], "s");
    assert_eq!(headers["stamps"], json!({"who": "me"}));
    assert_eq!(headers["expires"], "2030-01-01T00:00:00+00:00");
    assert!(headers["eta"].is_string());
    assert_eq!(headers["parent_id"], "p");
    assert_eq!(headers["root_id"], "root");
}

#[test]
fn instants_are_texts_or_what_kombu_makes_of_them() {
    let text = json!("2030-01-01T00:00:00");
    let typed = json!({"__type__": "datetime", "__value__": "2030-01-01T01:00:00+01:00"});
    let sent = |instant: &Value| {
        let options = json!({"eta": instant, "expires": instant});
        let embed = embed(&json!({"callbacks": [{"task": "t", "options": options}]}));
        with_sender(|sender| after_success(&parent("p"), embed, &json!(1), sender))
    };
    for instant in [&text, &typed] {
        let message = &sent(instant).unwrap().messages[0];
        let shown: Value = serde_json::from_slice(&message.encode(START, Uuid::nil())).unwrap();
        for header in ["eta", "expires"] {
            assert_eq!(shown["headers"][header], "2030-01-01T00:00:00+00:00");
        }
    }
    for odd in ["date", "datetime"] {
        assert!(sent(&json!({"__type__": odd, "__value__": "soon"})).is_err());
    }
}

#[test]
fn a_priority_is_inherited_only_where_that_is_wanted() {
    let sent = |parent: &Parent| {
        let embed = embed(&json!({"chain": [{"task": "t", "options": {"priority": 6}}]}));
        let sent = with_sender(|sender| after_success(parent, embed, &json!(1), sender));
        sent.unwrap().messages[0].envelope.priority.number()
    };

    assert_eq!(sent(&parent("p")), 6);
    assert_eq!(sent(&parent("p").handing_on(Priority::new(3))), 3);
}

#[test]
fn a_chord_counts_every_end_in_its_header() {
    let task = || Signature::new("t");
    let chain_ending_in = |last| Signature::chain(vec![task(), task(), last]);
    let header = vec![
        task(),
        chain_ending_in(task()),
        Signature::group(vec![task(), Signature::group(vec![task()])]),
        chain_ending_in(Signature::group(vec![task(), task(), task()])),
        Signature::chord(vec![task(), task()], task()),
        Signature::chain(Vec::new()),
    ];
    let chord = Signature::chord(header, Signature::new("body")).with_option("task_id", "end");
    let (id, sent) = with_sender(|sender| start(chord, "seed", sender).unwrap().unwrap());

    assert_eq!(id, "end");
    assert_eq!(sent.chords.len(), 2);
    assert_eq!(sent.chords[0].size, 1 + 1 + 2 + 3 + 1);
    assert_eq!(sent.chords[1].size, 2);
    assert!(sent.chords[0].results.is_some(), "there is a group in it");
    assert!(sent.chords[1].results.is_none());
    assert_eq!(sent.messages.len(), 1 + 1 + 2 + 1 + 2);
}

#[test]
fn an_empty_header_sends_the_body_at_once() {
    let chord = Signature::chord(Vec::new(), Signature::new("body"));
    let (_, sent) = with_sender(|sender| start(chord, "seed", sender).unwrap().unwrap());

    assert_eq!(sent.messages.len(), 1);
    assert_eq!(body(&sent.messages[0])[0], json!([[]]));
    assert!(sent.chords.is_empty());
}

#[test]
fn chunks_are_a_group_of_starmaps() {
    let chunks = json!({
        "task": "celery.chunks", "subtask_type": "chunks",
        "kwargs": {"task": {"task": "t"}, "it": [[1], [2], [3]], "n": 2},
    });
    let chunks = Signature::read(chunks).unwrap();
    let sent = with_sender(|sender| start(chunks, "seed", sender).unwrap().unwrap().1);

    assert_eq!(sent.messages.len(), 2);
    assert_eq!(sent.messages[0].envelope.name.as_str(), "celery.starmap");
    assert_eq!(body(&sent.messages[0])[1]["it"], json!([[1], [2]]));
    assert_eq!(body(&sent.messages[1])[1]["it"], json!([[3]]));
}

#[test]
fn the_rest_of_a_chain_fails_with_a_step() {
    let chain = json!([
        {"task": "celery.chord", "subtask_type": "chord", "options": {}, "kwargs": {
            "header": [], "body": {"task": "b", "options": {"task_id": "body"}}}},
        {"task": "last", "options": {
            "task_id": "last", "group_id": "g", "group_index": 2, "chord": {"task": "c"}}},
        {"task": "nameless"},
        "no signature",
    ]);
    let embed = embed(&json!({"chain": chain}));
    let failed = with_sender(|sender| after_failure(&parent("p"), embed, sender).unwrap());

    assert!(failed.messages.is_empty());
    let step = |id: &str, name: &str| FailedStep {
        id: Some(id.to_owned()),
        name: name.to_owned(),
        group_id: None,
        group_index: None,
        chord: None,
    };
    let part = FailedStep {
        group_id: Some("g".to_owned()),
        group_index: Some(2),
        chord: Some(json!({"task": "c"})),
        ..step("last", "last")
    };
    assert_eq!(failed.steps, [part, step("body", "b")]);
}

#[test]
fn a_header_that_failed_fails_the_body_and_what_follows_it() {
    let body_of_a_chord = json!({"task": "b", "options": {
        "task_id": "body", "link_error": [{"task": "e"}],
        "chain": [{"task": "n", "options": {"task_id": "next"}}],
    }});
    let failed = with_sender(|sender| after_failed_header(body_of_a_chord, sender).unwrap());

    let ids: Vec<_> = failed.steps.iter().map(|step| step.id.as_deref()).collect();
    assert_eq!(ids, [Some("body"), Some("next")]);
    assert_eq!(failed.messages.len(), 1);
    assert_eq!(body(&failed.messages[0])[0], json!(["body"]));
}

#[test]
fn what_would_fill_the_memory_is_refused() {
    let header: Value = vec![json!({"task": "t"}); 10_000].into();
    let long = "x".repeat(100_000);
    let chord = json!({"task": "celery.chord", "subtask_type": "chord", "kwargs": {
        "header": header, "body": {"task": "b", "args": [long]}}});
    let embed = embed(&json!({"chain": [chord]}));

    let sent = with_sender(|sender| after_success(&parent("p"), embed, &json!(1), sender));

    assert!(sent.is_err());
}
