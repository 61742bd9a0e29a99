//! What is due when: as JSON, as a table, and what is wrong with it.

use std::time::Duration;

use bins::settings::{Settings, Sources};
use domain::schedules::ScheduleEntry;

use super::{complaints, defaults, from_environment};

const NAME: &str = "CELERY_CONF_BEAT_SCHEDULE";
/// The example that the documentation of Celery begins with.
const EXAMPLE: &str =
    r#"{"add-every-30-seconds": {"task": "tasks.add", "schedule": 30.0, "args": [16, 16]}}"#;

fn in_words(entries: &[ScheduleEntry]) -> Vec<String> {
    let words = entries.iter().map(|entry| {
        let ScheduleEntry {
            name,
            schedule,
            task,
            payload,
            ..
        } = entry;
        let arguments = String::from_utf8_lossy(payload.as_bytes());
        let arguments = arguments.split(r#",{"callbacks""#).next().unwrap();
        format!("{name} {task}{arguments} {schedule}")
    });
    words.collect()
}

fn entries(pairs: &[(&str, &str)]) -> Vec<String> {
    in_words(&from_environment(pairs).unwrap().beat.entries)
}

const DAILY: &str = "check-inactive-artists albums.tasks.check_inactive_artists[[],{} every 24 h";
const ADD: &str = "add-every-30-seconds tasks.add[[16,16],{} every 30 s";

#[test]
fn artists_are_checked_every_day_unless_it_is_said_otherwise() {
    assert_eq!(in_words(&defaults().beat.entries), [DAILY]);
    assert_eq!(defaults().beat.catch_up, Duration::from_hours(24));

    let other = r#"{"check-inactive-artists": {"task": "t", "schedule": 60}}"#;
    assert_eq!(
        entries(&[(NAME, other)]),
        ["check-inactive-artists t[[],{} every 1 min"]
    );
    assert_eq!(
        entries(&[(NAME, r#"{"check-inactive-artists": null}"#)]),
        [""; 0]
    );
    assert_eq!(entries(&[(NAME, "{}")]), [DAILY]);
    assert_eq!(entries(&[(NAME, "")]), [DAILY]);
}

#[test]
fn the_example_of_the_brief_is_read_in_every_source() {
    let dotenv = Sources::default().with_dotenv(format!("{NAME}={EXAMPLE}"));
    let table = "
        [CELERY_CONF_BEAT_SCHEDULE.add-every-30-seconds]
        task = 'tasks.add'
        schedule = 30.0
        args = [16, 16]";
    let text = format!("{NAME} = '{EXAMPLE}'");
    for sources in [
        dotenv,
        Sources::default().with_toml(table),
        Sources::default().with_toml(text),
    ] {
        let settings = Settings::from_sources(&sources).unwrap();

        assert_eq!(in_words(&settings.beat.entries), [ADD, DAILY]);
    }
    assert_eq!(entries(&[(NAME, EXAMPLE)]), [ADD, DAILY]);
}

#[test]
fn a_table_keeps_the_case_of_its_names() {
    let sources = Sources::default().with_toml(
        "CELERY_CONF_TIMEZONE = 'Europe/Berlin'
        [CELERY_CONF_BEAT_SCHEDULE]
        check-inactive-artists = false
        [CELERY_CONF_BEAT_SCHEDULE.'Every Morning, 9.00']
        task = 'Reports.Send'
        schedule = { crontab = '0 9 * * mon-fri' }
        kwargs = { To = 'ALL' }",
    );
    let settings = Settings::from_sources(&sources).unwrap();

    let said = "Every Morning, 9.00 Reports.Send[[],{\"To\":\"ALL\"} crontab 0 9 * * mon-fri in Europe/Berlin";
    assert_eq!(in_words(&settings.beat.entries), [said]);
}

#[test]
fn tasks_go_to_the_default_queue_unless_it_is_said_otherwise() {
    let schedule = r#"{"a": {"task": "t", "schedule": 1, "options": {"queue": "own"}}}"#;
    let settings =
        from_environment(&[(NAME, schedule), ("CELERY_CONF_TASK_DEFAULT_QUEUE", "mine")]);

    let entries = settings.unwrap().beat.entries;
    let queues: Vec<_> = entries.iter().map(|entry| entry.queue.as_str()).collect();
    assert_eq!(queues, ["own", "mine"]);
}

#[test]
fn everything_that_is_wrong_is_said_with_its_entry_and_field() {
    let schedule =
        r#"{"a": {"task": "t", "schedule": {"crontab": "0 9 * * 7"}}, "b": {"schedule": 0}}"#;
    let said = complaints(&[
        (NAME, schedule),
        ("CELERY_CONF_TIMEZONE", "Europe/Berln"),
        ("BEAT_CATCH_UP", "soon"),
    ]);

    let expected = [
        "CELERY_CONF_TIMEZONE (environment): \"Europe/Berln\" is not a time zone of the IANA database; write for example Europe/Berlin",
        "CELERY_CONF_BEAT_SCHEDULE (environment): the entry \"a\": schedule day_of_week may be from 0 to 6, not 7 (Sunday is 0)",
        "CELERY_CONF_BEAT_SCHEDULE (environment): the entry \"b\": task is missing; name it, for example \"tasks.add\"",
        "CELERY_CONF_BEAT_SCHEDULE (environment): the entry \"b\": schedule must be a number of seconds from 0.1 to 3153600000 (a hundred years)",
        "BEAT_CATCH_UP (environment): \"soon\" is not a duration from 0s to 365d; write a number of seconds, or for example 25s, 11min or 10d",
    ];
    assert_eq!(said, expected);
}

#[test]
fn what_is_wrong_in_a_table_is_said_with_its_file() {
    let table = "[CELERY_CONF_BEAT_SCHEDULE.a]\ntask = 't'\nschedule = 0";
    let error = Settings::from_sources(&Sources::default().with_toml(table)).unwrap_err();

    let problem = &error.problems[0];
    assert_eq!(
        (problem.setting.as_str(), problem.origin.as_str()),
        (NAME, "backbeat.toml")
    );
}

#[test]
fn what_is_no_table_of_entries_is_said_with_an_example() {
    for (written, said) in [
        (
            "{'a': 1}",
            "is not JSON (key must be a string at line 1 column 2); must be a table of entries like",
        ),
        (
            "[]",
            "must be a table of entries like {\"add-every-30-seconds\"",
        ),
        ("30", "must be a table of entries like"),
    ] {
        let complaint = complaints(&[(NAME, written)]).remove(0);

        assert!(complaint.contains(said), "{complaint}");
    }
}
