//! Commands as Celery and its command line write them.

use serde_json::{Value, json};

use super::*;
use crate::redis::wire::control::{Address, Request};

fn read(method: &str, arguments: &Value) -> Result<Command, CommandError> {
    Command::read(&Request {
        method: method.to_owned(),
        arguments: arguments.as_object().cloned().unwrap_or_default(),
        address: Address::All,
        asker: None,
        clock: 0,
    })
}

fn id(text: &str) -> TaskId {
    text.to_owned().try_into().expect("an id")
}

#[test]
fn commands_are_read_with_their_arguments() {
    let one = |text| vec![id(text)];
    for (method, arguments, expected) in [
        ("ping", json!({"x": 1}), Command::Ping),
        (
            "dump_active",
            json!({"safe": null}),
            Command::Active { as_texts: false },
        ),
        (
            "active",
            json!({"safe": true}),
            Command::Active { as_texts: true },
        ),
        (
            "registered",
            json!({"taskinfoitems": [], "builtins": false}),
            Command::Registered {
                items: None,
                builtins: false,
            },
        ),
        (
            "query_task",
            json!({"ids": "a"}),
            Command::QueryTask { ids: one("a") },
        ),
        (
            "hello",
            json!({"from_node": "b", "revoked": {"a": 1.5}}),
            Command::Hello {
                from: "b".to_owned(),
                revoked: one("a"),
            },
        ),
        (
            "revoke",
            json!({"task_id": ["a"], "terminate": false, "signal": "SIGTERM"}),
            Command::Revoke {
                ids: one("a"),
                terminate: None,
            },
        ),
        (
            "terminate",
            json!({"task_id": "a", "signal": "KILL"}),
            Command::Revoke {
                ids: one("a"),
                terminate: Some(Signal(9)),
            },
        ),
        (
            "revoke",
            json!({"task_id": "a", "terminate": true, "signal": null}),
            Command::Revoke {
                ids: one("a"),
                terminate: Some(Signal::TERM),
            },
        ),
    ] {
        assert_eq!(
            read(method, &arguments),
            Ok(expected),
            "{method} {arguments}"
        );
    }
}

#[test]
fn what_changes_a_worker_is_read_with_its_arguments() {
    for (method, arguments, expected) in [
        (
            "revoke_by_stamped_headers",
            json!({"headers": {"tenant": "acme", "n": [1, "2"]}}),
            Command::RevokeStamped {
                stamps: vec![
                    ("n".to_owned(), vec!["1".to_owned(), "2".to_owned()]),
                    ("tenant".to_owned(), vec!["acme".to_owned()]),
                ],
                terminate: None,
            },
        ),
        (
            "revoke_by_stamped_headers",
            json!({"headers": ["a=1", "a=2", "b=x=y"]}),
            Command::RevokeStamped {
                stamps: [("a", "1"), ("a", "2"), ("b", "x=y")]
                    .map(|(stamp, value)| (stamp.to_owned(), vec![value.to_owned()]))
                    .to_vec(),
                terminate: None,
            },
        ),
        (
            "rate_limit",
            json!({"task_name": "t", "rate_limit": "0"}),
            Command::RateLimit {
                task: "t".to_owned(),
                limit: None,
            },
        ),
        (
            "rate_limit",
            json!({"task_name": "t", "rate_limit": 2}),
            Command::RateLimit {
                task: "t".to_owned(),
                limit: "2".parse().ok(),
            },
        ),
        (
            "time_limit",
            json!({"task_name": "t", "hard": 1, "soft": null}),
            Command::TimeLimit {
                task: "t".to_owned(),
                hard: Some(Duration::from_secs(1)),
                soft: None,
            },
        ),
        (
            "add_consumer",
            json!({"queue": "q", "exchange": null, "exchange_type": "direct", "routing_key": "k"}),
            Command::AddConsumer {
                queue: "q".to_owned().try_into().expect("a name"),
                binding: Some(("q".to_owned(), "k".to_owned())),
            },
        ),
        ("pool_grow", json!({"n": 2}), Command::PoolGrow { count: 2 }),
    ] {
        assert_eq!(
            read(method, &arguments),
            Ok(expected),
            "{method} {arguments}"
        );
    }
}

#[test]
fn what_cannot_be_obeyed_says_why() {
    for (method, arguments, words) in [
        ("frobnicate", json!({}), "knows no command \"frobnicate\""),
        (
            "rate_limit",
            json!({"task_name": "t", "rate_limit": "1/parsec"}),
            "is not a rate",
        ),
        ("rate_limit", json!({}), "the argument task_name is missing"),
        (
            "add_consumer",
            json!({"queue": ""}),
            "is not the name of a queue",
        ),
        (
            "add_consumer",
            json!({"queue": "q", "exchange_type": "topic"}),
            "\"topic\" are not served",
        ),
        ("pool_grow", json!({"n": "many"}), "is not a number"),
        ("hello", json!({}), "from_node is missing"),
        (
            "terminate",
            json!({"task_id": "a", "signal": "BOGUS"}),
            "the argument signal is not the name or the number of a signal",
        ),
    ] {
        let error = read(method, &arguments).expect_err(method).to_string();
        assert!(error.contains(words), "{method}: {error}");
    }
    for method in [
        "pool_restart",
        "autoscale",
        "election",
        "memsample",
        "memdump",
        "objgraph",
    ] {
        assert!(
            matches!(read(method, &json!({})), Ok(Command::Senseless(_))),
            "{method}"
        );
    }
}
