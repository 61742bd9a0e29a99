//! What is written, and what is made of it.

use chrono::TimeDelta;
use serde_json::json;

use super::*;
use crate::schedules::{Expires, Interval, Schedule};
use crate::tasks::{Priority, TaskName};

fn read(table: &Value) -> Result<Vec<ScheduleEntry>, Vec<EntryProblem>> {
    let table = table.as_object().expect("a table");
    let defaults = Defaults {
        zone: Tz::Europe__Berlin,
        routes: &Routes::default(),
        priority: Priority::default(),
    };
    entries(table, defaults)
}

fn only(table: &Value) -> ScheduleEntry {
    let entries = read(table).expect("entries");
    assert_eq!(entries.len(), 1);
    entries.into_iter().next().expect("one entry")
}

/// The one thing that is wrong with the entry `written`.
fn problem(written: &Value) -> String {
    let problems = read(&json!({"a": written})).expect_err("something is wrong");
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].to_string()
}

#[test]
fn the_example_that_everybody_knows_is_read() {
    let entry = only(
        &json!({"add-every-30-seconds": {"task": "tasks.add", "schedule": 30.0, "args": [16, 16]}}),
    );

    assert_eq!(entry.name.as_str(), "add-every-30-seconds");
    assert_eq!(entry.task.as_str(), "tasks.add");
    let interval = Interval::from_seconds(30.0).expect("an interval");
    assert_eq!(entry.schedule, Schedule::Interval(interval));
    assert_eq!(
        entry.payload.as_bytes(),
        br#"[[16,16],{},{"callbacks":null,"chain":null,"chord":null,"errbacks":null}]"#
    );
    assert_eq!(entry.queue, *Routes::default().default_queue());
    assert_eq!((entry.priority, entry.expires), (Priority::default(), None));
}

#[test]
fn everything_may_be_said() {
    let entry = only(&json!({"report": {
        "task": "tasks.report", "schedule": {"crontab": "0 9 * * mon-fri"}, "kwargs": {"to": "all"}, "relative": false,
        "options": {"queue": "slow", "priority": 9, "expires": 90, "headers": {"a": 1}},
    }}));

    assert_eq!(
        entry.schedule.to_string(),
        "crontab 0 9 * * mon-fri in Europe/Berlin"
    );
    assert_eq!(
        (entry.queue.as_str(), entry.priority),
        ("slow", Priority::new(9))
    );
    assert_eq!(entry.expires, Some(Expires::After(TimeDelta::seconds(90))));
    assert_eq!(Value::Object(entry.headers), json!({"a": 1}));
}

#[test]
fn options_become_what_celery_makes_of_them() {
    let entry = only(&json!({"a": {
        "task": "t", "schedule": 3600, "relative": true, "enabled": true,
        "options": {
            "queue": "q", "exchange": "", "routing_key": "q", "countdown": 1.5, "ignore_result": false,
            "time_limit": 9, "shadow": "s", "headers": {"a": 1},
        },
    }}));

    assert_eq!(
        entry.schedule.to_string(),
        "every 1 h on the clock in Europe/Berlin"
    );
    assert_eq!(entry.countdown, TimeDelta::milliseconds(1500));
    assert_eq!(
        Value::Object(entry.headers.clone()),
        json!({"ignore_result": false, "timelimit": [9, null], "shadow": "s", "a": 1})
    );
    let due = "2026-01-01T00:00:00Z".parse().expect("an instant");
    let sealed = entry.seal(due, due + TimeDelta::seconds(1));
    let start = due + TimeDelta::milliseconds(2500);
    assert_eq!(sealed.due, crate::tasks::Due::At(start));
}

#[test]
fn what_is_not_enabled_is_none() {
    let disabled = json!({"a": {"task": "t", "schedule": 1, "enabled": false}});

    assert_eq!(read(&disabled), Ok(vec![]));
}

#[test]
fn a_crontab_may_be_written_field_by_field() {
    let fields = json!({"minute": 0, "hour": "9, 17", "day_of_week": ["mon", 3]});
    for schedule in [fields.clone(), json!({"crontab": fields})] {
        let entry = only(&json!({"a": {"task": "t", "schedule": schedule}}));

        let said = "crontab 0 9,17 * * mon,3 in Europe/Berlin";
        assert_eq!(entry.schedule.to_string(), said);
    }
}

#[test]
fn an_instant_may_be_the_end() {
    let entry = only(
        &json!({"a": {"task": "t", "schedule": 1, "options": {"expires": "2027-01-31T12:00:00+01:00"}}}),
    );

    let instant = "2027-01-31T11:00:00Z".parse().expect("an instant");
    assert_eq!(entry.expires, Some(Expires::At(instant)));
}

#[test]
fn what_is_wrong_is_named_with_its_entry_and_field() {
    for (written, said) in [
        (json!(5), "must be an object with task and schedule"),
        (json!({"schedule": 1}), "task is missing; name it"),
        (
            json!({"task": "t"}),
            "schedule is missing; say how many seconds",
        ),
        (json!({"task": "", "schedule": 1}), "task may not be blank"),
        (json!({"task": 7, "schedule": 1}), "task must be a text"),
        (
            json!({"task": "t", "schedule": 0}),
            "schedule must be a number of seconds from 0.1",
        ),
        (
            json!({"task": "t", "schedule": "0 9 * * *"}),
            "schedule must be a number of seconds, or {\"crontab\"",
        ),
        (
            json!({"task": "t", "schedule": {"crontab": "0 9 * * 7"}}),
            "schedule day_of_week may be from 0 to 6, not 7 (Sunday is 0)",
        ),
        (
            json!({"task": "t", "schedule": {"minutes": 1}}),
            "schedule has no field \"minutes\"",
        ),
        (
            json!({"task": "t", "schedule": {"minute": {}}}),
            "schedule minute must be a number, a text or a list",
        ),
        (
            json!({"task": "t", "schedule": 1, "args": {}}),
            "args must be a list",
        ),
        (
            json!({"task": "t", "schedule": 1, "kwargs": []}),
            "kwargs must be an object",
        ),
        (
            json!({"task": "t", "schedule": 1, "arg": []}),
            "arg is not known here; known are task, schedule",
        ),
        (
            json!({"task": "t", "schedule": 90, "relative": true}),
            "relative needs a schedule of whole seconds",
        ),
        (
            json!({"task": "t", "schedule": 1, "relative": 1}),
            "relative must be true or false",
        ),
        (
            json!({"task": "t", "schedule": 1, "options": {"routing_key": "a.b"}}),
            "options.routing_key leads to a queue of another name; say \"queue\" alone",
        ),
        (
            json!({"task": "t", "schedule": 1, "options": {"countdown": -1}}),
            "options.countdown must be a number of seconds",
        ),
        (
            json!({"task": "t", "schedule": 1, "options": {"time_limit": 0}}),
            "options.time_limit must be a number of seconds above 0",
        ),
        (
            json!({"task": "t", "schedule": 1, "options": []}),
            "options must be an object",
        ),
        (
            json!({"task": "t", "schedule": 1, "options": {"eta": "now"}}),
            "options.eta is not known here; known are queue",
        ),
        (
            json!({"task": "t", "schedule": 1, "options": {"priority": 10}}),
            "options.priority must be a whole number",
        ),
        (
            json!({"task": "t", "schedule": 1, "options": {"expires": "soon"}}),
            "options.expires must be a number of seconds, or an instant",
        ),
    ] {
        let problem = problem(&written);

        assert!(problem.starts_with("the entry \"a\": "), "{problem}");
        assert!(problem.contains(said), "{problem}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let problems = read(&json!({
        "a": {"schedule": {"crontab": "60 24 * * *"}},
        "b": {"task": "t", "schedule": -1, "options": {"queue": ""}},
    }));

    let fields: Vec<String> = problems
        .expect_err("much is wrong")
        .into_iter()
        .map(|problem| format!("{}.{}", problem.entry, problem.field))
        .collect();
    assert_eq!(
        fields,
        [
            "a.task",
            "a.schedule",
            "a.schedule",
            "b.schedule",
            "b.options.queue"
        ]
    );
}

#[test]
fn the_same_occurrence_is_sealed_the_same_by_everybody() {
    let entry = only(&json!({"a": {"task": "t", "schedule": 1, "options": {"expires": 60}}}));
    let due = "2026-01-01T00:00:00Z".parse().expect("an instant");
    let (soon, late) = (due, due + TimeDelta::hours(3));

    let (first, second) = (entry.seal(due, soon), entry.seal(due, late));

    assert_eq!(first.id, second.id);
    let key = first.key.as_ref().map(|key| key.as_str().to_owned());
    assert_eq!(key.as_deref(), Some("t:a:2026-01-01T00:00:00.000000Z"));
    assert_eq!(first.due, crate::tasks::Due::At(due));
    assert_eq!(first.headers["celery_beat_task"], true);
    assert_eq!(second.expires_at, Some(late + TimeDelta::seconds(60)));
    assert_eq!(
        first.name,
        TaskName::try_from("t".to_owned()).expect("a name")
    );
    assert_ne!(entry.seal(late, late).id, first.id);
}
