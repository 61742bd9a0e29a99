//! What a node answers to the real Celery.

use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::redis::{RedisQueue, RedisSettings};
use chrono::{TimeDelta, Utc};
use domain::ports::{Revoked, TaskQueue as _};
use domain::tasks::{Due, Envelope};
use serde_json::{Value, json};
use tests::celery;
use tests::redis_server::RedisServer;
use tests::samples::task;
use uuid::Uuid;

use super::{Place, SOON};

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_pings_and_inspects_a_node() {
    let server = RedisServer::start(&[]).await;
    let place = Place::with(&server, "", None).await;
    place.worker.takes("a", Some(Utc::now()));
    let ask = |words: &[&str]| {
        let mut arguments = vec!["-b", place.broker.as_str()];
        arguments.extend_from_slice(words);
        celery::command_line(&arguments)
    };

    for what in ["active", "stats", "conf", "report"] {
        let (said, is_content) = ask(&["inspect", what, "-t", "3"]);
        assert!(is_content && said.contains(&place.name), "{what}: {said}");
        assert!(!said.contains("hidden"), "{what}: {said}");
    }
    let (said, is_content) = ask(&["status", "-t", "3"]);
    assert!(is_content && said.contains("1 node online"), "{said}");
    for words in [
        &["control", "-t", "3", "enable_events"][..],
        &["control", "-t", "3", "rate_limit", "samples.work", "2/m"],
        &["control", "-t", "3", "pool_grow", "2"],
    ] {
        let (said, is_content) = ask(words);
        assert!(
            is_content && said.contains(&place.name),
            "{words:?}: {said}"
        );
    }
    assert_eq!(place.worker.told().concurrency, Some(4));
    assert!(place.events.are_wanted());
    place.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_nodes_that_are_meant_answer() {
    let place = Place::on(RedisServer::shared().await).await;
    let (name, begin) = (&place.name, &place.name[..12]);

    let replies = place
        .replies(json!([
            ["ping", {}, {}],
            ["ping", {}, {"destination": [name]}],
            ["ping", {}, {"pattern": format!("{begin}*"), "matcher": "glob"}],
            ["ping", {}, {"pattern": "node-[0-9a-f]+", "matcher": "pcre"}],
            ["ping", {}, {"destination": ["nobody@nowhere"], "timeout": 0.3}],
            ["ping", {}, {"pattern": "^zzz", "matcher": "pcre", "timeout": 0.3}],
        ]))
        .await;

    let pong = json!([{ name: {"ok": "pong"} }]);
    assert_eq!(
        replies[..4],
        [pong.clone(), pong.clone(), pong.clone(), pong]
    );
    assert_eq!(replies[4..], [json!([]), json!([])]);
    place.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_tells_what_its_worker_does() {
    let server = RedisServer::shared().await;
    let place = Place::on(server).await;
    place.worker.takes("runs", Some(Utc::now()));
    place.worker.takes("waits", None);
    let later = waits_for_tomorrow(&place).await;

    let answers = place
        .answers(json!([
            ["active", {}, {}],
            ["active", {"safe": true}, {}],
            ["reserved", {}, {}],
            ["scheduled", {}, {}],
            ["query_task", {"ids": ["runs", "waits", "later", "nope"]}, {}],
            ["registered", {"taskinfoitems": [], "builtins": false}, {}],
            ["registered", {"builtins": true}, {}],
            ["stats", {}, {}],
            ["active_queues", {}, {}],
            ["conf", {"with_defaults": true}, {}],
        ]))
        .await;

    let runs = &answers[0][0];
    assert_eq!(
        (&runs["id"], &runs["args"]),
        (&json!("runs"), &json!([2, "x"]))
    );
    assert!(
        runs["time_start"].is_f64() && runs["worker_pid"].is_u64(),
        "{runs}"
    );
    assert_eq!(answers[1][0]["args"], "(2, 'x')");
    assert_eq!(answers[1][0]["kwargs"], "{'k': None}");
    let waits = &answers[2][0];
    assert_eq!(
        (&waits["id"], &waits["time_start"]),
        (&json!("waits"), &Value::Null)
    );
    assert_eq!(waits["delivery_info"]["routing_key"], "celery");
    assert_eq!(answers[3][0]["request"]["id"], "later");
    assert_eq!(answers[3][0]["eta"], later);
    let becomes: Vec<&Value> = ["runs", "waits", "later"]
        .map(|id| &answers[4][id][0])
        .into();
    assert_eq!(becomes, ["active", "reserved", "scheduled"]);
    assert_eq!(answers[4].as_object().unwrap().len(), 3);
    assert_eq!(answers[5], json!(["samples.rest", "samples.work"]));
    assert_eq!(answers[6][0], "celery.starmap");
    let stats = &answers[7];
    assert_eq!(stats["pool"]["max-concurrency"], 2);
    assert_eq!(stats["total"], json!({"samples.work": 3}));
    assert_eq!(stats["broker"]["transport"], "redis");
    assert_eq!(stats["prefetch_count"], 6);
    let queue = &answers[8][0];
    assert_eq!(
        (&queue["name"], &queue["exchange"]["type"]),
        (&json!("celery"), &json!("direct"))
    );
    assert_eq!(answers[9]["enable_utc"], true);
    assert!(!answers[9].to_string().contains("hidden"));
    place.stop().await;
}

/// Has a task wait for tomorrow on the queue that the worker serves; answers when that is.
async fn waits_for_tomorrow(place: &Place) -> String {
    let clock = ManualClock::at(Utc::now());
    let settings = RedisSettings {
        prefix: place.prefix.clone(),
        ..RedisSettings::default()
    };
    let queue = RedisQueue::open(&place.url, std::sync::Arc::new(clock), settings).unwrap();
    let tomorrow = Utc::now() + TimeDelta::days(1);
    let envelope = Envelope {
        due: Due::At(tomorrow),
        ..task("later")
    };
    queue.enqueue(&[envelope]).await.unwrap();
    adapters::redis::wire::write_moment(tomorrow).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_has_its_worker_do_what_it_is_told() {
    let place = Place::on(RedisServer::shared().await).await;
    place.worker.takes("runs", Some(Utc::now()));

    let answers = place
        .answers(json!([
            ["rate_limit", {"task_name": "samples.work", "rate_limit": "2/m"}, {}],
            ["registered", {}, {}],
            ["rate_limit", {"task_name": "samples.work", "rate_limit": "1/parsec"}, {}],
            ["rate_limit", {"task_name": "no.such", "rate_limit": "1/s"}, {}],
            ["time_limit", {"task_name": "samples.work", "hard": 10, "soft": 0.5}, {}],
            ["time_limit", {"task_name": "no.such", "hard": 1, "soft": null}, {}],
            ["add_consumer", {"queue": "q", "exchange": null, "exchange_type": "direct", "routing_key": null}, {}],
            ["add_consumer", {"queue": "q"}, {}],
            ["cancel_consumer", {"queue": "celery2"}, {}],
            ["pool_grow", {"n": 3}, {}],
            ["pool_shrink", {}, {}],
            ["pool_shrink", {"n": 100}, {}],
            ["pool_shrink", {}, {}],
            ["revoke", {"task_id": "runs", "terminate": true, "signal": "SIGTERM"}, {}],
            ["terminate", {"task_id": ["nope"], "signal": "SIGKILL"}, {}],
            ["revoke_by_stamped_headers", {"headers": {"tenant": ["acme"]}, "terminate": false}, {}],
            ["disable_events", {}, {}],
            ["enable_events", {}, {}],
            ["enable_events", {}, {}],
            ["disable_events", {}, {}],
            ["frobnicate", {}, {}],
            ["pool_restart", {}, {}],
            ["autoscale", {"max": 4, "min": 1}, {}],
            ["memsample", {}, {}],
            ["election", {"id": "1", "topic": "t", "action": "a"}, {}],
            ["heartbeat", {}, {}],
            ["shutdown", {}, {"timeout": 0.5}],
        ]))
        .await;

    let said = |at: usize| answers[at]["ok"].as_str().unwrap_or_default().to_owned();
    let wrong = |at: usize| answers[at]["error"].as_str().unwrap_or_default().to_owned();
    assert_eq!(said(0), "new rate limit set successfully");
    assert_eq!(answers[1][1], "samples.work [rate_limit=2/m]");
    assert!(wrong(2).contains("is not a rate"), "{}", answers[2]);
    assert_eq!(wrong(3), "unknown task");
    assert_eq!(said(4), "time limits set successfully");
    assert_eq!(wrong(5), "unknown task");
    assert_eq!(said(6), "add consumer q");
    assert_eq!(said(7), "already consuming from 'q'");
    assert_eq!(said(8), "no longer consuming from celery2");
    assert_eq!(
        [9, 10, 11].map(said),
        ["pool will grow", "pool will shrink", "pool will shrink"]
    );
    assert!(wrong(12).contains("is the least"), "{}", answers[12]);
    assert_eq!(said(13), "terminate: runs");
    assert_eq!(said(14), "terminate: tasks unknown");
    assert_eq!(
        said(15),
        "headers {'tenant': ['acme']} flagged as revoked, but not terminated"
    );
    let events = [16, 17, 18, 19].map(said);
    let words = ["already disabled", "enabled", "already enabled", "disabled"];
    assert_eq!(events, words.map(|each| format!("task events {each}")));
    for answer in &answers[20..=24] {
        let words = answer["error"].as_str().unwrap();
        assert!(20 < words.len(), "{answer}");
    }
    assert_eq!(answers[25..], [Value::Null, Value::Null]);
    {
        let told = place.worker.told();
        let half = Duration::from_millis(500);
        assert_eq!(told.limits, (Some(Duration::from_secs(10)), Some(half)));
        let (name, values) = ("tenant".to_owned(), vec!["acme".to_owned()]);
        assert_eq!(told.stamps, [Revoked::Stamp { name, values }]);
        assert!(told.is_shut_down);
    }
    place.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_found_again_after_an_outage_and_bears_what_is_no_command() {
    let mut server = RedisServer::start(&[]).await;
    let place = Place::with(&server, &format!("{}:", Uuid::now_v7()), None).await;
    let channel = format!("{}/3.celery.pidbox", place.prefix);
    for garbage in ["", "{", "[]", r#"{"body": "e30="}"#, &"[".repeat(1_000_000)] {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(&channel).arg(garbage);
        assert_eq!(server.ask::<u64>(&publish).await, Ok(1));
    }
    place.is_there().await;

    server.crash().await;
    server.start_again().await;
    place.is_there().await;

    // Whoever does not wait any more is not answered, and nothing is left of what they asked.
    let gone = json!([["ping", {}, {"timeout": 0.001, "limit": null}]]);
    place.replies(gone).await;
    tokio::time::timeout(SOON, place.stop()).await.unwrap();
    let mut select = redis::cmd("KEYS");
    select.arg("*reply*");
    let left: Vec<String> = server.ask(&select).await.unwrap();
    assert_eq!(left, [] as [&str; 0]);
}
