//! Redis, and which queue a task goes to.

use std::time::Duration;

use bins::settings::{ConveyorSettings, ResultSettings, Settings, Sources};

use super::{defaults, from_environment, only_complaint};

const REDIS: (&str, &str) = ("REDIS_URL", "redis://:hunter2@h:6380/3");

fn conveyor(pairs: &[(&str, &str)]) -> ConveyorSettings {
    let pairs: Vec<_> = pairs.iter().copied().chain([REDIS]).collect();
    from_environment(&pairs).unwrap().conveyor.unwrap()
}

#[test]
fn without_a_url_nothing_is_carried() {
    assert_eq!(defaults().conveyor, None);
}

#[test]
fn a_url_is_enough() {
    let conveyor = conveyor(&[]);

    assert_eq!(conveyor.prefix, "");
    assert_eq!(conveyor.restore_after, None);
    let results = conveyor.results.clone().unwrap();
    assert_eq!((&results.url, results.prefix.as_str()), (&conveyor.url, ""));
    assert_eq!(results.kept_for, Some(Duration::from_hours(24)));
    let ResultSettings {
        is_extended,
        tracks_started,
        is_ignored,
        keeps_ignored_errors,
        ..
    } = results;
    let flags = [
        is_extended,
        tracks_started,
        is_ignored,
        keeps_ignored_errors,
    ];
    assert_eq!(flags, [false; 4]);
    assert_eq!(conveyor.python_queues, []);
    assert!(!format!("{conveyor:?}").contains("hunter2"));
}

#[test]
fn what_celery_is_told_of_keys_and_results_is_honoured() {
    let options = r#"{"global_keyprefix": "music:", "visibility_timeout": 3600, "priority_steps": [0, 3, 6, 9]}"#;
    let with = conveyor(&[("CELERY_CONF_BROKER_TRANSPORT_OPTIONS", options)]);
    assert_eq!(with.prefix, "music:");
    assert_eq!(with.restore_after, Some(Duration::from_hours(1)));
    assert_eq!(with.results.unwrap().prefix, "", "as in Celery");

    for (name, value, kept_for) in [
        ("CELERY_CONF_RESULT_BACKEND", REDIS.1, Some(86_400)),
        ("CELERY_CONF_RESULT_EXPIRES", "60", Some(60)),
        ("CELERY_CONF_RESULT_EXPIRES", "2d", Some(172_800)),
        ("CELERY_CONF_RESULT_EXPIRES", "0", None),
        ("CELERY_CONF_RESULT_EXPIRES", "None", None),
    ] {
        let results = conveyor(&[(name, value)]).results.unwrap();
        let kept_for = kept_for.map(Duration::from_secs);
        assert_eq!(results.kept_for, kept_for, "{name}={value}");
    }
    let none = conveyor(&[("CELERY_CONF_RESULT_BACKEND", "disabled://")]);
    assert_eq!(none.results, None);
}

#[test]
fn results_may_be_kept_elsewhere() {
    let options = r#"{"global_keyprefix": "music", "master_name": "results"}"#;
    let with = conveyor(&[
        (
            "CELERY_CONF_RESULT_BACKEND",
            "sentinel://:hunter2@other:26379",
        ),
        ("CELERY_CONF_RESULT_BACKEND_TRANSPORT_OPTIONS", options),
        ("CELERY_CONF_RESULT_EXTENDED", "True"),
        ("CELERY_CONF_TASK_TRACK_STARTED", "True"),
        ("CELERY_CONF_TASK_IGNORE_RESULT", "1"),
        ("CELERY_CONF_TASK_STORE_ERRORS_EVEN_IF_IGNORED", "yes"),
    ]);

    let results = with.results.unwrap();
    assert_ne!(results.url, with.url);
    assert!(!results.url.lacks_master_name());
    assert!(!format!("{results:?}").contains("hunter2"));
    assert_eq!(results.prefix, "music");
    assert!(results.is_extended && results.tracks_started);
    assert!(results.is_ignored && results.keeps_ignored_errors);
}

#[test]
fn sentinels_are_told_the_name_of_the_master() {
    let sentinels = (
        "REDIS_URL",
        "sentinel://:hunter2@h1:26379;sentinel://h2:26379",
    );
    let options = r#"{"master_name": "music"}"#;
    let settings =
        from_environment(&[sentinels, ("CELERY_CONF_BROKER_TRANSPORT_OPTIONS", options)]);

    let url = settings.unwrap().conveyor.unwrap().url;
    assert!(!url.lacks_master_name());
    let shown = url.to_string();
    assert!(
        shown.contains("music") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[test]
fn what_cannot_be_honoured_is_said_with_what_to_do() {
    for (name, value, said) in [
        (
            "CELERY_CONF_BROKER_TRANSPORT_OPTIONS",
            "[1]",
            "must be an object",
        ),
        (
            "CELERY_CONF_BROKER_TRANSPORT_OPTIONS",
            r#"{"sep": "-"}"#,
            "sep is honoured as it is by default alone; remove it",
        ),
        (
            "CELERY_CONF_BROKER_TRANSPORT_OPTIONS",
            r#"{"unacked_key": "x"}"#,
            "unacked_key is honoured as it is by default alone; remove it",
        ),
        (
            "CELERY_CONF_BROKER_TRANSPORT_OPTIONS",
            r#"{"visibility_timeout": "long"}"#,
            "visibility_timeout must be a number of seconds",
        ),
        (
            "CELERY_CONF_BROKER_TRANSPORT_OPTIONS",
            r#"{"visibility_timeout": 4.9}"#,
            "shorter than a third of WORKER_LEASE",
        ),
        (
            "CELERY_CONF_BROKER_TRANSPORT_OPTIONS",
            r#"{"socket_keepalive": true}"#,
            "socket_keepalive is fixed here",
        ),
        (
            "CELERY_CONF_RESULT_BACKEND_TRANSPORT_OPTIONS",
            r#"{"result_chord_ordered": false}"#,
            "result_chord_ordered is not honoured; remove it",
        ),
        (
            "CELERY_CONF_RESULT_BACKEND",
            "db+postgresql://:hunter2@elsewhere",
            "results are kept in Redis, or not at all",
        ),
        ("CELERY_CONF_RESULT_EXPIRES", "soon", "is not a duration"),
        (
            "CELERY_CONF_BROKER_URL",
            "redis://:hunter2@elsewhere",
            "is not the Redis of REDIS_URL",
        ),
        ("PYTHON_QUEUES", "legacy,celery", "names the default queue"),
        ("PYTHON_QUEUES", "a b", "queue"),
    ] {
        let complaint = only_complaint(&[REDIS, (name, value)]);

        assert!(complaint.starts_with(name), "{complaint}");
        assert!(complaint.contains(said), "{complaint}");
        assert!(!complaint.contains("hunter2"), "{complaint}");
    }
}

#[test]
fn what_makes_no_sense_without_redis_asks_for_it() {
    for (name, value) in [
        ("CELERY_CONF_BROKER_TRANSPORT_OPTIONS", "{}"),
        ("CELERY_CONF_RESULT_BACKEND", "disabled://"),
        ("CELERY_CONF_RESULT_BACKEND", "redis://:hunter2@h"),
        ("CELERY_CONF_RESULT_EXPIRES", "60"),
        ("PYTHON_QUEUES", "legacy"),
    ] {
        let complaint = only_complaint(&[(name, value)]);
        assert!(complaint.contains("needs REDIS_URL"), "{complaint}");
    }
    let table = "[CELERY_CONF_BROKER_TRANSPORT_OPTIONS]\nglobal_keyprefix = 'music:'";
    let error = Settings::from_sources(&Sources::default().with_toml(table)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "CELERY_CONF_BROKER_TRANSPORT_OPTIONS (backbeat.toml): needs REDIS_URL; set that too, or remove this"
    );
}

#[test]
fn one_complaint_about_a_url_is_enough() {
    let complaint = only_complaint(&[
        ("REDIS_URL", "amqp://h"),
        ("CELERY_CONF_BROKER_URL", "amqp://h"),
        ("CELERY_CONF_RESULT_BACKEND", "amqp://h"),
    ]);

    assert!(complaint.starts_with("REDIS_URL (environment): the scheme \"amqp\""));
}

#[test]
fn the_redis_of_celery_is_the_one_that_is_set() {
    conveyor(&[("CELERY_CONF_BROKER_URL", REDIS.1)]);

    let complaint = only_complaint(&[("CELERY_CONF_BROKER_URL", REDIS.1)]);
    assert_eq!(
        complaint,
        "CELERY_CONF_BROKER_URL (environment): is called REDIS_URL here; set that instead"
    );
}
