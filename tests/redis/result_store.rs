//! The store of results: what Python sees of it, and chords whose parts are counted by both.

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::redis::wire::canvas::NewChord;
use adapters::redis::wire::{Exception, ResultDocument, ResultState};
use adapters::redis::{ChordPart, Counted, ResultSettings, ResultStore};
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
            "SoftTimeLimitExceeded(1.5)",
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

fn chord(size: usize) -> NewChord {
    NewChord {
        group_id: "g".to_owned(),
        size,
        results: None,
    }
}

fn part<'a>(task_id: &'a str, index: u64, state: ResultState<'a>) -> ChordPart<'a> {
    ChordPart {
        group_id: "g",
        task_id,
        group_index: Some(index),
        state,
    }
}

fn results(counted: &Counted) -> Result<Vec<Value>, Value> {
    let Counted::Last(done) = counted else {
        panic!("{counted:?}");
    };
    done.results.clone().map_err(|error| error.to_value())
}

#[tokio::test]
async fn the_last_part_of_a_chord_gets_all_results_in_order_and_may_ask_again() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, ResultSettings::default());
    let other = self::store(&server, ResultSettings::default());
    let (one, two) = (json!(1), json!(2));
    let (first, last) = (
        part("a", 0, ResultState::Success(&one)),
        part("b", 1, ResultState::Success(&two)),
    );
    // A part may end before it is known how many there are.
    assert_eq!(store.count_part(&last).await.unwrap(), Counted::Nothing);
    store.begin_chords(&[chord(2)]).await.unwrap();
    for _ in 0..2 {
        // Whoever counts a part again has not counted another.
        assert_eq!(other.count_part(&last).await.unwrap(), Counted::Nothing);
    }

    let counted = store.count_part(&first).await.unwrap();

    assert_eq!(results(&counted), Ok(vec![json!(1), json!(2)]));
    assert_eq!(store.count_part(&first).await.unwrap(), counted);
    assert_eq!(other.count_part(&first).await.unwrap(), Counted::Claimed);
    let Counted::Last(done) = counted else {
        unreachable!()
    };
    assert!(store.keep_chord(&done).await.unwrap());
    store.finish_chord(&done).await.unwrap();
    assert_eq!(other.count_part(&first).await.unwrap(), Counted::Nothing);
    assert!(!store.keep_chord(&done).await.unwrap());
    let keys: Vec<String> = server.ask(cmd("KEYS").arg("*")).await.unwrap();
    assert_eq!(keys, ["celery-taskset-meta-g.c"]);
    assert!(0 < seconds_left(&server, &keys[0]).await);
}

#[tokio::test]
async fn who_died_on_the_last_part_is_followed_by_another() {
    let server = RedisServer::start(&[]).await;
    let dead = store(&server, ResultSettings::default());
    let one = json!(1);
    let only = part("a", 0, ResultState::Success(&one));
    dead.begin_chords(&[chord(1)]).await.unwrap();
    let Counted::Last(lost) = dead.count_part(&only).await.unwrap() else {
        panic!("it was the last")
    };
    // Half a minute later.
    server
        .ask::<()>(cmd("DEL").arg("celery-taskset-meta-g.c"))
        .await
        .unwrap();

    let store = store(&server, ResultSettings::default());
    let counted = store.count_part(&only).await.unwrap();

    assert_eq!(results(&counted), Ok(vec![json!(1)]));
    assert!(!dead.keep_chord(&lost).await.unwrap());
}

#[tokio::test]
async fn a_part_that_failed_fails_the_chord() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, ResultSettings::default());
    let one = json!(1);
    let failed = Exception::of_retry(&Reason::new("boom"));
    store.begin_chords(&[chord(2)]).await.unwrap();
    let failed = part("b", 1, ResultState::Failure(&failed, None));
    store.count_part(&failed).await.unwrap();

    let last = part("a", 0, ResultState::Success(&one));
    let counted = store.count_part(&last).await.unwrap();

    let error = json!({
        "exc_type": "ChordError", "exc_module": "celery.exceptions",
        "exc_message": ["Dependency b raised TaskFailed('boom')"],
    });
    assert_eq!(results(&counted), Err(error));
    let Counted::Last(done) = counted else {
        unreachable!()
    };
    store.finish_chord(&done).await.unwrap();
    assert_eq!(store.count_part(&failed).await.unwrap(), Counted::Nothing);
}

#[tokio::test]
async fn groups_within_a_chord_give_lists() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, ResultSettings::default());
    let (one, two) = (json!(1), json!(2));
    let saved = json!({"result": [["g", null], [
        [["h", null], [[["b", null], null]]], [["a", null], null],
    ]]});
    let chord = NewChord {
        results: Some(saved),
        ..chord(2)
    };
    store.begin_chords(&[chord]).await.unwrap();
    let parts = [("a", &one), ("b", &two)].map(|(id, value)| (id, ResultState::Success(value)));
    for (id, state) in parts {
        store.store(&[document(id, state)]).await.unwrap();
    }
    store.count_part(&part("a", 1, parts[0].1)).await.unwrap();

    let counted = store.count_part(&part("b", 0, parts[1].1)).await.unwrap();

    assert_eq!(results(&counted), Ok(vec![json!([2]), json!(1)]));
}

fn python_counts(server: &RedisServer, index: &str, id: &str, state: &str, result: &str) {
    let broker = celery::broker(server);
    let arguments = [&broker, "g", index, id, state, result, "body"];
    celery::run("count_part.py", &arguments);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_python_counted_is_counted() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, ResultSettings::default());
    let one = json!(1);
    let ours = part("a", 1, ResultState::Success(&one));
    store.begin_chords(&[chord(2)]).await.unwrap();
    python_counts(&server, "0", "p", "SUCCESS", "{\"x\": [0]}");

    let counted = store.count_part(&ours).await.unwrap();

    assert_eq!(results(&counted), Ok(vec![json!({"x": [0]}), json!(1)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_in_python_fails_the_chord_here() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, ResultSettings::default());
    let one = json!(1);
    let ours = part("a", 1, ResultState::Success(&one));
    store.begin_chords(&[chord(2)]).await.unwrap();
    python_counts(&server, "0", "p", "FAILURE", "it's");

    let counted = store.count_part(&ours).await.unwrap();

    let message = results(&counted).unwrap_err()["exc_message"].take();
    assert_eq!(message, json!(["Dependency p raised ValueError(\"it's\")"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_counted_python_counts_too_and_goes_on() {
    let server = RedisServer::start(&[]).await;
    let store = store(&server, ResultSettings::default());
    let one = json!(1);
    let ours = part("a", 1, ResultState::Success(&one));
    store.begin_chords(&[chord(2)]).await.unwrap();
    assert_eq!(store.count_part(&ours).await.unwrap(), Counted::Nothing);

    python_counts(&server, "0", "p", "SUCCESS", "7");

    let bodies: usize = server.ask(cmd("LLEN").arg("bodies")).await.unwrap();
    assert_eq!(bodies, 1);
    let body: String = server.ask(cmd("RPOP").arg("bodies")).await.unwrap();
    let body: Value = body.parse().unwrap();
    assert_eq!(body["headers"]["argsrepr"], "([7, 1],)");
    assert_eq!(body["headers"]["id"], "body");
    // It is over for us, too.
    assert_eq!(store.count_part(&ours).await.unwrap(), Counted::Nothing);
}
