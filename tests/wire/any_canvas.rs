//! Whatever stands in a message: it is understood or refused, and no step is lost or doubled.

use adapters::redis::wire::Signature;
use adapters::redis::wire::canvas::{
    Embed, after_failed_header, after_failure, after_header, after_success, start,
};
use domain::tasks::Payload;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::canvas::{body, parent, with_sender};

/// Values that often look like a part of a canvas.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..12).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z\u{0}é]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            objects(inner.clone()),
            like_a_signature(inner),
        ]
    })
}

fn objects(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let names = "tasks|header|body|task|it|n|link|link_error|chain|chord|task_id|group_id|group_index|\
                 countdown|eta|expires|priority|queue|headers|stamped_headers|time_limit|x";
    prop::collection::vec((names, inner), 0..5)
        .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>()))
}

fn like_a_signature(inner: impl Strategy<Value = Value> + Clone) -> impl Strategy<Value = Value> {
    let kinds = prop_oneof![
        Just(Value::Null),
        "chain|group|chord|xmap|xstarmap|chunks|other".prop_map(Value::from),
    ];
    let members = prop::collection::vec(inner.clone(), 0..4);
    (kinds, members, objects(inner.clone()), inner, any::<bool>()).prop_map(
        |(kind, members, options, body, immutable)| {
            let mut members = members.into_iter().map(as_a_signature);
            json!({
                "task": "t", "args": [1], "immutable": immutable, "subtask_type": kind,
                "options": options,
                "kwargs": {
                    "tasks": members.clone().collect::<Value>(),
                    "header": members.clone().collect::<Value>(),
                    "body": as_a_signature(body), "task": members.next(), "it": [1, 2, 3], "n": 2,
                },
            })
        },
    )
}

fn as_a_signature(value: Value) -> Value {
    if value.get("task").is_some() {
        value
    } else {
        json!({"task": "t", "args": [value]})
    }
}

/// A canvas of named tasks, at most so many levels deep.
fn canvases() -> impl Strategy<Value = Signature> {
    let leaf = Just(Signature::new("t"));
    leaf.prop_recursive(4, 24, 4, |inner| {
        let several = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            several().prop_map(Signature::chain),
            several().prop_map(Signature::group),
            (several(), inner.clone()).prop_map(|(header, body)| Signature::chord(header, body)),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_a_message_embeds_is_applied_or_refused(
        callbacks in anything(), errbacks in anything(), chain in anything(), chord in anything(),
        result in anything(),
    ) {
        let embedded = json!([[], {}, {"callbacks": callbacks, "errbacks": errbacks, "chain": chain, "chord": chord}]);
        let payload = Payload::from_bytes(embedded.to_string().into_bytes());
        if let Ok(embed) = Embed::read(&payload) {
            with_sender(|sender| {
                let parent = parent("p");
                let once = after_success(&parent, embed.clone(), &result, sender).ok();
                let twice = after_success(&parent, embed.clone(), &result, sender).ok();
                assert_eq!(once, twice);
                let _ = after_failure(&parent, embed.clone(), sender);
                if let Some(body) = embed.chord {
                    let _ = after_header(&parent, body.clone(), vec![result.clone()], sender);
                    let _ = after_failed_header(body, sender);
                }
            });
        }
    }

    #[test]
    fn whatever_bytes_a_body_has_they_are_read_or_refused(bytes in any::<Vec<u8>>()) {
        let _ = Embed::read(&Payload::from_bytes(bytes));
    }

    #[test]
    fn a_signature_comes_back_as_it_was(canvas in canvases()) {
        prop_assert_eq!(Signature::read(canvas.clone().write()).unwrap(), canvas);
    }

    #[test]
    fn whatever_is_one_of_these_is_sent_with_ids_of_its_own(canvas in canvases()) {
        let sent = with_sender(|sender| start(canvas, "seed", sender).unwrap());
        let (_, sent) = sent.expect("nothing is empty");
        let mut ids: Vec<_> = sent.messages.iter().map(|each| each.envelope.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), sent.messages.len());
    }

    #[test]
    fn a_chain_runs_every_step_once_and_in_order(
        lengths in prop::collection::vec(1_usize..4, 1..6),
    ) {
        // Nested chains are one chain.
        let mut number = 0;
        let nested = lengths.iter().map(|length| {
            let steps = (0..*length).map(|_| {
                number += 1;
                Signature::new(format!("step {number}"))
            });
            Signature::chain(steps.collect())
        });
        let chain = Signature::chain(nested.collect());
        let total: usize = lengths.iter().sum();

        let (last, mut sent) = with_sender(|sender| start(chain, "seed", sender).unwrap().unwrap());
        let mut ran = Vec::new();
        let mut id = String::new();
        while let Some(message) = sent.messages.pop() {
            prop_assert!(sent.messages.is_empty(), "one at a time");
            ran.push(message.envelope.name.to_string());
            id = message.envelope.id.to_string();
            let expected = if ran.len() == 1 { json!([]) } else { json!([ran.len() - 1]) };
            prop_assert_eq!(&body(&message)[0], &expected);
            let embed = Embed::read(&message.envelope.payload).unwrap();
            let result = json!(ran.len());
            sent = with_sender(|sender| after_success(&parent(&id), embed, &result, sender).unwrap());
        }

        let expected: Vec<String> = (1..=total).map(|number| format!("step {number}")).collect();
        prop_assert_eq!(ran, expected);
        prop_assert_eq!(id, last);
    }
}
