//! Which queue a task goes to.

use bins::settings::{Settings, Sources};
use domain::tasks::{QueueName, TaskName};

use super::{from_environment, only_complaint};

#[test]
fn tasks_are_routed_as_in_celery() {
    let of = |settings: &Settings, task: &str| {
        let task = TaskName::try_from(task.to_owned()).unwrap();
        settings.routes.queue_of(&task).as_str().to_owned()
    };
    let table = r#"{"albums.*": {"queue": "albums"}, "albums.tasks.*": "tasks", "albums.tasks.add": {"queue": "adding"}}"#;
    let pairs = r#"[["albums.*", {"queue": "albums"}], ["albums.tasks.add", "never"]]"#;
    let with = |routes| {
        let pairs = [
            ("CELERY_CONF_TASK_ROUTES", routes),
            ("CELERY_CONF_TASK_DEFAULT_QUEUE", "rest"),
        ];
        from_environment(&pairs).unwrap()
    };

    let by_table = with(table);
    let told =
        ["albums.tasks.add", "albums.tasks.mul", "albums.x", "x"].map(|task| of(&by_table, task));
    assert_eq!(told, ["adding", "tasks", "albums", "rest"]);
    assert_eq!(of(&with(pairs), "albums.tasks.add"), "albums");

    let toml = "[CELERY_CONF_TASK_ROUTES.\"albums.*\"]\nqueue = 'albums'";
    let by_toml = Settings::from_sources(&Sources::default().with_toml(toml)).unwrap();
    assert_eq!(of(&by_toml, "albums.x"), "albums");
}

#[test]
fn a_route_that_leads_nowhere_is_named() {
    for (routes, said) in [
        ("7", "must be like"),
        (r#"{"a": 7}"#, "the route \"a\" must go to"),
        (
            r#"{"a": {"routing_key": "x"}}"#,
            "\"routing_key\", which is not honoured",
        ),
        (r#"{"a": {"queue": ""}}"#, "names a queue that"),
        (r#"[["a"]]"#, "must be like"),
    ] {
        let complaint = only_complaint(&[("CELERY_CONF_TASK_ROUTES", routes)]);
        assert!(complaint.contains(said), "{complaint}");
    }
}

#[test]
fn entries_without_a_queue_go_by_the_routes() {
    let schedule = r#"{"a": {"task": "x.a", "schedule": 1}, "b": {"task": "x.b", "schedule": 1, "options": {"queue": "own"}}}"#;
    let settings = from_environment(&[
        ("CELERY_CONF_TASK_ROUTES", r#"{"x.*": "routed"}"#),
        ("CELERY_CONF_BEAT_SCHEDULE", schedule),
    ]);

    let entries = settings.unwrap().beat.entries;
    let queues: Vec<_> = entries.iter().map(|entry| entry.queue.as_str()).collect();
    assert_eq!(queues, ["routed", "own", QueueName::default().as_str()]);
}
