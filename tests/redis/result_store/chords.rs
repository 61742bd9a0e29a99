//! How the parts of chords are counted, by us, by Python, and by both.

use adapters::redis::wire::canvas::NewChord;
use adapters::redis::wire::{Exception, ResultState};
use adapters::redis::{ChordPart, Counted, ResultSettings};
use domain::tasks::Reason;
use redis::cmd;
use serde_json::{Value, json};
use tests::celery;
use tests::redis_server::RedisServer;

use super::{document, seconds_left, store};

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
    let other = super::store(&server, ResultSettings::default());
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
