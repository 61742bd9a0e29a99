//! The store of results: what Python sees of it.

mod chords;

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::redis::wire::{Exception, ResultDocument, ResultState};
use adapters::redis::{ResultSettings, ResultStore};
use domain::tasks::{Failure, FailureKind, Reason, Revocation, Signal, TaskId};
use redis::cmd;
use serde_json::{Value, json};
use tests::celery;
use tests::redis_server::RedisServer;
use tests::samples::START;

fn store(server: &RedisServer, settings: ResultSettings) -> ResultStore {
    ResultStore::open(&server.url(), Arc::new(ManualClock::at(START)), settings).unwrap()
}

fn document<'a>(task_id: &'a str, state: ResultState<'a>) -> ResultDocument<'a> {
    ResultDocument {
        task_id,
        state,
        children: &[],
        parent_id: None,
        group_id: None,
        extended: None,
    }
}

async fn stored(server: &RedisServer, id: &str) -> Option<Value> {
    let mut get = cmd("GET");
    get.arg(format!("celery-task-meta-{id}"));
    let text: Option<String> = server.ask(&get).await.unwrap();
    text.map(|text| text.parse().unwrap())
}

async fn status(server: &RedisServer, id: &str) -> Option<String> {
    let stored = stored(server, id).await?;
    Some(stored["status"].as_str().unwrap().to_owned())
}

async fn seconds_left(server: &RedisServer, key: &str) -> i64 {
    server.ask(cmd("TTL").arg(key)).await.unwrap()
}

const STARTED: ResultState<'_> = ResultState::Started {
    pid: 7,
    hostname: "w@h",
};

#[tokio::test(flavor = "multi_thread")]
async fn python_reads_every_state() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, ResultSettings::default());
    let name = "interop.fail".to_owned().try_into().unwrap();
    let exception = |kind| Exception::of_failure(&Failure::new(kind, "bo\"om"), &name);
    let failed = exception(FailureKind::GivenUp);
    let traceback = failed.traceback("interop.fail", "w@h").unwrap();
    let slow = exception(FailureKind::TimeLimit(Duration::from_secs(2)));
    let unknown = exception(FailureKind::Unknown);
    let exhausted = exception(FailureKind::Exhausted);
    let soft = exception(FailureKind::SoftTimeLimit(Duration::from_millis(1500)));
    let crashed = exception(FailureKind::Crashed);
    let wrong = exception(FailureKind::Arguments);
    let again = Exception::of_retry(&Reason::new("attempt 0"));
    let value = json!({"a": [1, "ä"]});
    let all = [
        (STARTED, "STARTED", "{'hostname': 'w@h', 'pid': 7}"),
        (
            ResultState::Retry(&again, None),
            "RETRY",
            "TaskFailed('attempt 0')",
        ),
        (ResultState::Success(&value), "SUCCESS", "{'a': [1, 'ä']}"),
        (
            ResultState::Failure(&failed, Some(&traceback)),
            "FAILURE",
            "TaskFailed('bo\"om')",
        ),
        (
            ResultState::Failure(&slow, None),
            "FAILURE",
            "TimeLimitExceeded(2)",
        ),
        (
            ResultState::Failure(&unknown, None),
            "FAILURE",
            "Task of kind 'interop.fail' never registered, please make sure it's imported.",
        ),
        (
            ResultState::Failure(&exhausted, None),
            "FAILURE",
            "MaxRetriesExceededError('bo\"om')",
        ),
        (
            ResultState::Failure(&soft, None),
            "FAILURE",
            "SoftTimeLimitExceeded()",
        ),
        (
            ResultState::Failure(&crashed, None),
            "FAILURE",
            "WorkerLostError('bo\"om')",
        ),
        (
            ResultState::Failure(&wrong, None),
            "FAILURE",
            "TypeError('bo\"om')",
        ),
        (
            ResultState::Revoked(Revocation::Terminated(Signal::TERM)),
            "REVOKED",
            "TaskRevokedError('terminated')",
        ),
    ];
    let ids: Vec<String> = (0..all.len()).map(|at| format!("id-{at}")).collect();
    let documents = ids.iter().zip(&all);
    let documents: Vec<_> = documents
        .map(|(id, (state, ..))| document(id, *state))
        .collect();

    store.store(&documents).await.unwrap();

    let backend = celery::broker(&server);
    let mut arguments = vec![backend.as_str()];
    arguments.extend(ids.iter().map(String::as_str));
    let seen = celery::run("read_results.py", &arguments);
    let seen: Vec<(String, String, Option<String>)> = seen
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for ((_, status, result), seen) in all.iter().zip(&seen) {
        // An exception that Python makes up has our name, too.
        assert_eq!((*status, *result), (seen.0.as_str(), seen.1.as_str()));
    }
    assert_eq!(seen.len(), all.len());
    assert_eq!(seen[3].2.as_deref(), Some(&*traceback));
    // What Python shows of an exception is what we show in events.
    assert_eq!(failed.repr(), all[3].2);
}

#[tokio::test]
async fn a_success_stays_and_of_others_the_last() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, ResultSettings::default());
    let (one, two) = (json!(1), json!(2));
    let revoked = ResultState::Revoked(Revocation::Expired);

    let written = [
        document("a", STARTED),
        document("a", ResultState::Success(&one)),
        document("a", ResultState::Success(&two)),
        document("a", revoked),
        document("b", revoked),
        document("b", STARTED),
    ];
    store.store(&written).await.unwrap();
    store.store(&written[1..2]).await.unwrap();

    assert_eq!(stored(&server, "a").await.unwrap()["result"], 1);
    assert_eq!(status(&server, "b").await.as_deref(), Some("STARTED"));
    let left = seconds_left(&server, "celery-task-meta-a").await;
    assert!((86_300..=86_400).contains(&left), "{left}");
}

#[tokio::test]
async fn results_are_kept_as_long_as_it_is_set_and_where() {
    let server = RedisServer::start(&[]).await;
    let settings = ResultSettings {
        prefix: "shop".to_owned(),
        kept_for: None,
        ..ResultSettings::default()
    };
    let store = store(&server, settings);

    store.store(&[document("a", STARTED)]).await.unwrap();

    assert_eq!(seconds_left(&server, "shop_celery-task-meta-a").await, -1);
}

#[tokio::test]
async fn many_results_are_stored_in_steps() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, ResultSettings::default());
    let long = json!("x".repeat(20_000));
    let ids: Vec<String> = (0..600).map(|at| at.to_string()).collect();
    let all = ids
        .iter()
        .map(|id| document(id, ResultState::Success(&long)));

    store.store(&all.collect::<Vec<_>>()).await.unwrap();

    let count: usize = server.ask(&cmd("DBSIZE")).await.unwrap();
    assert_eq!(count, 600);
}

#[tokio::test]
async fn only_what_was_not_begun_is_revoked() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, ResultSettings::default());
    let again = Exception::of_retry(&Reason::new("away"));
    let value = json!(1);
    store
        .store(&[
            document("retry", ResultState::Retry(&again, None)),
            document("started", STARTED),
            document("success", ResultState::Success(&value)),
            document("failure", ResultState::Failure(&again, None)),
        ])
        .await
        .unwrap();
    let mut set = cmd("SET");
    set.arg("celery-task-meta-own")
        .arg(r#"{"result": 1, "status": "PROGRESS"}"#);
    server.ask::<()>(&set).await.unwrap();

    let names = ["none", "retry", "started", "success", "failure", "own"];
    let ids = names.map(|id| TaskId::try_from(id.to_owned()).unwrap());
    store.revoke(&ids).await.unwrap();

    let mut statuses = Vec::new();
    for name in names {
        statuses.push(status(&server, name).await.unwrap());
    }
    let expected = [
        "REVOKED", "REVOKED", "STARTED", "SUCCESS", "FAILURE", "PROGRESS",
    ];
    assert_eq!(statuses, expected);
}
