//! What went wrong, as a Python client sees it.

use serde_json::json;

use super::*;

fn of(kind: FailureKind) -> Exception {
    let name = "interop.add".to_owned().try_into().expect("a name");
    Exception::of_failure(&Failure::new(kind, "it's \"off\""), &name)
}

#[test]
fn every_failure_is_one_that_python_knows_or_ours() {
    for (kind, name, module, argument) in [
        (
            FailureKind::Unknown,
            "NotRegistered",
            CELERY,
            json!("interop.add"),
        ),
        (
            FailureKind::Arguments,
            "TypeError",
            "builtins",
            json!("it's \"off\""),
        ),
        (
            FailureKind::GivenUp,
            "TaskFailed",
            "backbeat",
            json!("it's \"off\""),
        ),
        (
            FailureKind::Exhausted,
            "MaxRetriesExceededError",
            CELERY,
            json!("it's \"off\""),
        ),
        (
            FailureKind::Crashed,
            "WorkerLostError",
            BILLIARD,
            json!("it's \"off\""),
        ),
        (
            FailureKind::TimeLimit(Duration::from_secs(2)),
            "TimeLimitExceeded",
            BILLIARD,
            json!(2),
        ),
        (
            FailureKind::TimeLimit(Duration::from_millis(1500)),
            "TimeLimitExceeded",
            BILLIARD,
            json!(1.5),
        ),
        (
            FailureKind::Payload,
            "InvalidTaskError",
            CELERY,
            json!("it's \"off\""),
        ),
    ] {
        let expected = json!({"exc_type": name, "exc_message": [argument], "exc_module": module});
        assert_eq!(of(kind).to_value(), expected);
    }
    let soft = of(FailureKind::SoftTimeLimit(Duration::from_secs(2)));
    assert_eq!(soft.repr(), "SoftTimeLimitExceeded()");
}

#[test]
fn it_is_shown_as_python_shows_it() {
    assert_eq!(
        of(FailureKind::GivenUp).repr(),
        r#"TaskFailed('it\'s "off"')"#
    );
    assert_eq!(
        of(FailureKind::Unknown).repr(),
        "NotRegistered('interop.add')"
    );
    let rejected = of(FailureKind::Rejected);
    assert_eq!(rejected.repr(), "reject requeue=False: it's \"off\"");
    assert_eq!(shown(&rejected.to_value()), rejected.repr());
    assert_eq!(
        of(FailureKind::TimeLimit(Duration::from_secs(2))).repr(),
        "TimeLimitExceeded(2)"
    );
    let stored = json!({"exc_type": "Outer.Nested", "exc_message": "no", "exc_module": "m"});
    assert_eq!(shown(&stored), "Nested('no')");
    assert_eq!(
        shown(&json!({"exc_type": "E", "exc_message": [1, "a"]})),
        "E(1, 'a')"
    );
    assert_eq!(shown(&json!(null)), "None");
}

#[test]
fn only_what_was_raised_has_a_traceback() {
    let traceback = of(FailureKind::GivenUp).traceback("interop.add", "a@b");
    assert_eq!(
        traceback.as_deref(),
        Some(
            "Traceback (most recent call last):\n  Task interop.add, by worker a@b\nbackbeat.TaskFailed: it's \"off\"\n"
        )
    );
    for kind in [
        FailureKind::Unknown,
        FailureKind::Rejected,
        FailureKind::TimeLimit(Duration::ZERO),
        FailureKind::Crashed,
    ] {
        assert_eq!(of(kind).traceback("a", "b"), None);
    }
    assert_eq!(
        Exception::of_revocation(Revocation::Expired).traceback("a", "b"),
        None
    );
}
