//! Whatever is published to workers: it is understood or refused, and what Celery says is obeyed.

use adapters::redis::wire::control::{
    Address, Asker, Command, matches_glob, read_reply, read_request, write_reply, write_request,
};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Deserialize)]
struct Captured {
    case: String,
    request: String,
    /// What was asked, as the asker meant it.
    method: String,
    arguments: Value,
}

fn captured() -> Vec<Captured> {
    serde_json::from_str(include_str!("commands.json")).unwrap()
}

#[test]
fn what_celery_asks_is_read() {
    for Captured {
        case,
        request,
        method,
        arguments,
    } in captured()
    {
        let read = read_request(request.as_bytes()).expect(&case);

        assert_eq!(read.method, method, "{case}");
        assert_eq!(Value::from(read.arguments.clone()), arguments, "{case}");
        assert!(read.asker.is_some(), "{case}");
        assert!(0 < read.clock, "{case}");
        assert!(Command::read(&read).is_ok(), "{case}");
    }
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    let asker = Asker {
        key: "a".to_owned(),
        ticket: None,
    };
    let tag = Uuid::nil();
    let mut deep = json!({});
    for _ in 0..70 {
        deep = json!({ "x": deep });
    }
    let refused = |arguments: &Value, asker: &Asker| {
        let request = write_request("ping", arguments, asker, 1, tag);
        read_request(&request).unwrap_err().to_string()
    };
    assert!(refused(&deep, &asker).contains("deeper than 64"));
    assert!(refused(&json!({"x": "y".repeat(4 << 20)}), &asker).contains("bytes long"));
    let long = Asker {
        key: "a".repeat(300),
        ticket: None,
    };
    assert!(refused(&json!({}), &long).contains("too long"));
}

/// The same by other means, which may take long.
fn is_like(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|from| is_like(rest, &text[from..])),
        Some((first, rest)) => text
            .split_first()
            .is_some_and(|(begin, text)| (*first == '?' || first == begin) && is_like(rest, text)),
    }
}

proptest! {
    #[test]
    fn any_bytes_are_no_command(bytes in any::<Vec<u8>>()) {
        prop_assert!(read_request(&bytes).is_err());
        prop_assert!(read_reply(&bytes).is_err());
    }

    #[test]
    fn a_command_with_any_part_of_it_spoilt_does_no_harm(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        length in 0..40_usize,
        spoilt in prop_oneof![any::<Vec<u8>>(), "[\\[\\]{}\",:0-9a-z]{0,40}".prop_map(String::into_bytes)],
    ) {
        let requests = captured();
        let mut request = which.get(&requests).request.clone().into_bytes();
        let from = place.index(request.len());
        let to = request.len().min(from + length);
        request.splice(from..to, spoilt);

        if let Ok(request) = read_request(&request) {
            let _ = Command::read(&request);
            let _ = request.address.includes("alpha@host1");
        }
    }

    #[test]
    fn any_arguments_do_no_harm(
        method in "ping|active|registered|query_task|hello|revoke|revoke_by_stamped_headers|rate_limit|time_limit|add_consumer|pool_grow|[a-z_]{0,20}",
        name in "task_id|ids|headers|revoked|rate_limit|task_name|queue|n|hard|from_node|taskinfoitems",
        value in prop_oneof![
            Just(json!(null)),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            prop::collection::vec(any::<String>(), 0..4).prop_map(Value::from),
            Just(json!({"a": [1, null, {"b": []}]})),
        ],
    ) {
        let asker = Asker { key: "an oid".to_owned(), ticket: Some("a ticket".to_owned()) };
        let request = write_request(&method, &json!({ name: value }), &asker, 7, Uuid::nil());

        let request = read_request(&request).unwrap();

        prop_assert_eq!(&request.asker, &Some(asker));
        prop_assert_eq!(&request.address, &Address::All);
        let _ = Command::read(&request);
    }

    #[test]
    fn a_reply_comes_back_as_it_was(node in any::<String>(), answer in any::<String>(), clock in any::<u64>()) {
        let asker = Asker { key: "an oid".to_owned(), ticket: Some("a ticket".to_owned()) };

        let reply = read_reply(&write_reply(&node, &json!({"ok": answer}), &asker, clock, Uuid::nil())).unwrap();

        prop_assert_eq!(reply.ticket, asker.ticket);
        prop_assert_eq!(reply.clock, clock);
        prop_assert_eq!(Value::from(reply.answers), json!({ node: {"ok": answer} }));
    }

    #[test]
    fn stars_and_question_marks_mean_what_they_mean(pattern in "[ab?*]{0,8}", text in "[ab]{0,8}") {
        let (slow, letters): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
        prop_assert_eq!(matches_glob(&pattern, &text), is_like(&slow, &letters));
    }

    #[test]
    fn any_pattern_does_no_harm(pattern in any::<String>(), text in any::<String>()) {
        let _ = matches_glob(&pattern, &text);
        let _ = Address::Regex(pattern).includes(&text);
    }
}
