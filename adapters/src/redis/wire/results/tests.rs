//! Documents as Celery writes and reads them.

use std::io::Write as _;

use domain::tasks::{Reason, Signal};
use serde_json::json;

use super::*;

fn document(state: ResultState<'_>) -> ResultDocument<'_> {
    ResultDocument {
        task_id: "a",
        state,
        children: &[],
        parent_id: None,
        group_id: None,
        extended: None,
    }
}

fn written(document: &ResultDocument<'_>) -> Value {
    let now = DateTime::from_timestamp_micros(1_767_268_800_000_001).expect("an instant");
    let text = document.write(now);
    assert!(text.starts_with("{\"status\":\""), "{text}");
    text.parse().expect("JSON")
}

const DONE: &str = "2026-01-01T12:00:00.000001+00:00";

#[test]
fn every_state_has_the_fields_that_celery_writes() {
    let exception = Exception::of_retry(&Reason::new("away"));
    let object =
        json!({"exc_type": "TaskFailed", "exc_message": ["away"], "exc_module": "backbeat"});
    let revoked = json!({"exc_type": "TaskRevokedError", "exc_message": ["terminated"], "exc_module": "celery.exceptions"});
    let five = json!(5);
    for (state, status, result, traceback, date_done) in [
        (
            ResultState::Started {
                pid: 7,
                hostname: "w@h",
            },
            "STARTED",
            json!({"pid": 7, "hostname": "w@h"}),
            json!(null),
            json!(null),
        ),
        (
            ResultState::Retry(&exception, Some("text")),
            "RETRY",
            object.clone(),
            json!("text"),
            json!(null),
        ),
        (
            ResultState::Success(&five),
            "SUCCESS",
            json!(5),
            json!(null),
            json!(DONE),
        ),
        (
            ResultState::Failure(&exception, None),
            "FAILURE",
            object.clone(),
            json!(null),
            json!(DONE),
        ),
        (
            ResultState::Revoked(Revocation::Terminated(Signal::TERM)),
            "REVOKED",
            revoked,
            json!(null),
            json!(DONE),
        ),
    ] {
        let expected = json!({
            "status": status, "result": result, "traceback": traceback, "children": [],
            "date_done": date_done, "task_id": "a",
        });
        assert_eq!(written(&document(state)), expected);
    }
}

#[test]
fn whatever_else_is_known_is_there_when_it_is_asked_for() {
    let (five, args, kwargs) = (json!(5), [json!(2), json!(3)], Map::new());
    let child = json!([["b", null], null]);
    let all = ResultDocument {
        children: std::slice::from_ref(&child),
        parent_id: Some("p"),
        group_id: Some("g"),
        extended: Some(Extended {
            name: "capapp.add",
            args: &args,
            kwargs: &kwargs,
            worker: "ext@host1",
            retries: 0,
            queue: "celery",
        }),
        ..document(ResultState::Success(&five))
    };

    let expected = json!({
        "status": "SUCCESS", "result": 5, "traceback": null, "children": [[["b", null], null]],
        "date_done": DONE, "name": "capapp.add", "args": [2, 3], "kwargs": {}, "worker": "ext@host1",
        "retries": 0, "queue": "celery", "task_id": "a", "parent_id": "p", "group_id": "g",
    });
    assert_eq!(written(&all), expected);
}

#[test]
fn what_python_stored_is_read_packed_or_not() {
    let plain = br#"{"status": "SUCCESS", "result": [NaN, 5], "traceback": null}"#;
    let mut packing = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packing.write_all(plain).expect("memory takes it");
    let packed = packing.finish().expect("memory takes it");
    let packed = [PACKED, b"application/x-gzip\0", &packed].concat();

    for stored in [&plain[..], &packed] {
        let stored: Stored = read_stored(stored).expect("a document");
        assert_eq!(stored.status, "SUCCESS");
        let expected = json!([{"__type__": "backbeat.number", "__value__": "NaN"}, 5]);
        assert_eq!(stored.result, expected);
        let state = ResultState::Success(&stored.result);
        assert!(Part::write("a", &state).ends_with(r#","SUCCESS",[NaN,5]]"#));
        let written = document(state).write(DateTime::UNIX_EPOCH);
        assert!(written.contains(r#""result":[NaN,5],"#), "{written}");
    }
    for broken in [
        &b""[..],
        b"[]",
        b"\0",
        PACKED,
        b"\0celery-compressed\0application/x-gzip\0zz",
    ] {
        assert_eq!(read_stored::<Stored>(broken), None);
    }
}

#[test]
fn a_part_gives_its_result_or_fails_the_chord() {
    let five = json!(5);
    let part = Part::write("a", &ResultState::Success(&five));
    let part = Part::read(part.as_bytes()).expect("a part");
    assert_eq!(part.stored.given_by(&part.task_id), Ok(json!(5)));

    let kept = br#"[1, "b", "FAILURE", {"exc_type": "ValueError", "exc_message": ["boom"], "exc_module": "builtins"}]"#;
    let part = Part::read(kept).expect("a part");
    let error = part.stored.given_by(&part.task_id).expect_err("it failed");
    assert_eq!(
        error.to_value()["exc_message"],
        json!(["Dependency b raised ValueError('boom')"])
    );
    assert_eq!(Part::read(b"[1]"), None);
}
