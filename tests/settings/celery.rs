//! What of Celery's settings is honoured, what has one value here, and what is refused.

use std::time::Duration;

use bins::settings::{Settings, Sources};
use domain::tasks::Priority;

use super::{complaints, defaults, from_environment};

fn warnings(sources: &Sources) -> Vec<String> {
    let settings = Settings::from_sources(sources).unwrap();
    settings.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn limits_and_signals_are_honoured() {
    let worker = defaults().worker;
    assert_eq!((worker.soft_time_limit, worker.rate_limit), (None, None));
    assert!(!worker.rate_limits_disabled);
    let node = defaults().node;
    assert!(node.remote_control && !node.task_events && node.soft_shutdown.is_zero());

    let settings = from_environment(&[
        ("CELERY_CONF_TASK_SOFT_TIME_LIMIT", "60"),
        ("CELERY_CONF_TASK_DEFAULT_RATE_LIMIT", "10/m"),
        ("CELERY_CONF_WORKER_DISABLE_RATE_LIMITS", "True"),
        ("CELERY_CONF_WORKER_SEND_TASK_EVENTS", "True"),
        ("CELERY_CONF_WORKER_ENABLE_REMOTE_CONTROL", "False"),
        ("CELERY_CONF_WORKER_SOFT_SHUTDOWN_TIMEOUT", "10.0"),
        ("CELERY_CONF_TASK_DEFAULT_PRIORITY", "5"),
        ("CELERY_CONF_TASK_INHERIT_PARENT_PRIORITY", "True"),
        ("CELERY_CONF_TASK_SEND_SENT_EVENT", "True"),
    ])
    .unwrap();

    assert_eq!(
        settings.worker.soft_time_limit,
        Some(Duration::from_mins(1))
    );
    let every = settings.worker.rate_limit.map(|limit| limit.every());
    assert_eq!(every, Some(Duration::from_secs(6)));
    assert!(settings.worker.rate_limits_disabled);
    assert!(settings.node.task_events && !settings.node.remote_control);
    assert_eq!(settings.node.soft_shutdown, Duration::from_secs(10));
    assert_eq!(settings.sending.priority, Priority::new(5));
    assert!(settings.sending.inherits_priority && settings.sending.tells_sent);
    assert_eq!(settings.beat.entries[0].priority, Priority::new(5));
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    for (name, value, said) in [
        (
            "CELERY_CONF_TASK_SOFT_TIME_LIMIT",
            "300",
            "must be shorter than CELERY_CONF_TASK_TIME_LIMIT",
        ),
        (
            "CELERY_CONF_TASK_DEFAULT_RATE_LIMIT",
            "often",
            "is not a rate like 10/s",
        ),
        (
            "CELERY_CONF_TASK_DEFAULT_PRIORITY",
            "10",
            "is not a whole number from 0 to 9",
        ),
    ] {
        let said_of_it = complaints(&[(name, value)]);
        assert!(
            said_of_it.len() == 1 && said_of_it[0].contains(said),
            "{said_of_it:?}"
        );
    }
}

#[test]
fn to_say_what_is_so_anyway_is_fine() {
    let settings = from_environment(&[
        ("CELERY_CONF_ACCEPT_CONTENT", r#"["json"]"#),
        ("CELERY_CONF_TASK_SERIALIZER", "json"),
        ("CELERY_CONF_RESULT_SERIALIZER", "json"),
        ("CELERY_CONF_EVENT_SERIALIZER", "json"),
        ("CELERY_CONF_ENABLE_UTC", "True"),
        ("CELERY_CONF_TASK_PROTOCOL", "2"),
        ("CELERY_CONF_TASK_ACKS_LATE", "True"),
        ("CELERY_CONF_TASK_REJECT_ON_WORKER_LOST", "True"),
        ("CELERY_CONF_TASK_ALWAYS_EAGER", "False"),
        ("CELERY_CONF_BROKER_CONNECTION_RETRY_ON_STARTUP", "True"),
        ("CELERY_CONF_TASK_DEFAULT_QUEUE", "music"),
        ("CELERY_CONF_TASK_DEFAULT_EXCHANGE", "music"),
        ("CELERY_CONF_TASK_DEFAULT_ROUTING_KEY", "music"),
    ]);
    assert_eq!(settings.unwrap().warnings, []);

    let toml =
        "CELERY_CONF_ACCEPT_CONTENT = ['json', 'application/json']\nCELERY_CONF_ENABLE_UTC = true";
    assert_eq!(warnings(&Sources::default().with_toml(toml)), [""; 0]);
}

#[test]
fn what_is_safer_here_is_remarked_upon() {
    let settings = from_environment(&[("CELERY_CONF_TASK_ACKS_LATE", "False")]).unwrap();

    let said = settings.warnings[0].to_string();
    assert!(
        said.starts_with("CELERY_CONF_TASK_ACKS_LATE (environment): changes nothing here"),
        "{said}"
    );
    assert!(said.contains("is done again"), "{said}");
}

#[test]
fn what_would_do_something_else_is_refused_with_what_to_do() {
    for (name, value, said) in [
        ("ACCEPT_CONTENT", r#"["json", "pickle"]"#, "only JSON"),
        ("TASK_SERIALIZER", "pickle", "only JSON"),
        ("TASK_ALWAYS_EAGER", "True", "tests of your Python code"),
        ("WORKER_POOL", "gevent", "CELERY_CONF_WORKER_CONCURRENCY"),
        ("WORKER_AUTOSCALER", "x:Y", "CELERY_CONF_WORKER_CONCURRENCY"),
        ("WORKER_MAX_TASKS_PER_CHILD", "100", "no child processes"),
        ("WORKER_MAX_MEMORY_PER_CHILD", "12000", "MemoryMax="),
        ("WORKER_STATE_DB", "/var/state", "kept in Redis"),
        ("TASK_DEFAULT_QUEUE_TYPE", "quorum", "is for AMQP"),
        ("TASK_QUEUES", "[]", "-Q"),
        (
            "MONGODB_BACKEND_SETTINGS",
            "{}",
            "CELERY_CONF_RESULT_BACKEND",
        ),
        (
            "BEAT_SCHEDULER",
            "django_celery_beat.schedulers:DatabaseScheduler",
            "CELERY_CONF_BEAT_SCHEDULE",
        ),
        ("BEAT_CRON_STARTING_DEADLINE", "60", "BEAT_CATCH_UP"),
        ("SECURITY_KEY", "x", "rediss://"),
        ("BROKER_POOL_LIMIT", "10", "connections"),
        (
            "TASK_DEFAULT_ROUTING_KEY",
            "other",
            "CELERY_CONF_TASK_DEFAULT_QUEUE",
        ),
    ] {
        let name = format!("CELERY_CONF_{name}");
        let complaints = complaints(&[(&name, value)]);

        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(
            complaints[0].starts_with(&name) && complaints[0].contains(said),
            "{complaints:?}"
        );
    }
}

#[test]
fn an_old_name_in_our_files_is_refused_with_the_new_one() {
    let sources = Sources::default()
        .with_toml("CELERYD_CONCURRENCY = 2\ntask_routes = 'x'")
        .with_dotenv("CELERY_TIMEZONE=UTC\nBROKER_URL=redis://:hunter2@h\nCELERYBEAT_SYNC_EVERY=\nS3_BUCKET=theirs")
        .with_environment([
            ("CELERYD_PREFETCH_MULTIPLIER", "1"),
            ("CELERY_CONF_CELERYD_CONCURRENCY", "3"),
        ]);

    let said = Settings::from_sources(&sources).unwrap_err().to_string();

    let expected = "\
CELERY_CONF_CELERYD_CONCURRENCY (environment): is called CELERY_CONF_WORKER_CONCURRENCY now; rename it
CELERYD_CONCURRENCY (backbeat.toml): is called CELERY_CONF_WORKER_CONCURRENCY here; rename it
task_routes (backbeat.toml): is called CELERY_CONF_TASK_ROUTES here; rename it
CELERY_TIMEZONE (.env line 1): is called CELERY_CONF_TIMEZONE here; rename it
BROKER_URL (.env line 2): is called REDIS_URL here; rename it";
    assert_eq!(said, expected);
}

#[test]
fn a_variable_that_decides_in_celery_is_remarked_upon_unless_it_says_the_same() {
    let redis = ("REDIS_URL", "redis://:hunter2@h/0");
    let same =
        Sources::default().with_environment([redis, ("CELERY_BROKER_URL", "redis://:hunter2@h")]);
    assert_eq!(warnings(&same), [""; 0]);

    let other = Sources::default()
        .with_environment([redis, ("CELERY_RESULT_BACKEND", "redis://:hunter2@h/1")])
        .with_dotenv("CELERY_BROKER_URL=redis://:hunter2@elsewhere");
    let said = warnings(&other);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].starts_with("CELERY_BROKER_URL (.env line 1): is not read here")
            && said[0].ends_with("set REDIS_URL")
    );
    assert!(
        said[1].starts_with("CELERY_RESULT_BACKEND (environment): ")
            && said[1].contains("CELERY_CONF_RESULT_BACKEND")
    );
    assert!(!said.concat().contains("hunter2"));
}
