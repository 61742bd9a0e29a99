//! Revoked tasks are known to workers that start later, and to those who wait for them.

use std::sync::{Arc, Mutex};

use adapters::redis::RevokedResults;
use async_trait::async_trait;
use domain::ports::PortError;
use domain::tasks::TaskId;
use serde_json::json;
use tests::redis_server::RedisServer;
use tests::samples::value;
use uuid::Uuid;

use super::{Place, until};

#[derive(Default)]
struct Results(Mutex<Vec<TaskId>>);

#[async_trait]
impl RevokedResults for Results {
    async fn revoke(&self, ids: &[TaskId]) -> Result<(), PortError> {
        self.0.lock().unwrap().extend(ids.iter().cloned());
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_starts_later_knows_what_is_revoked() {
    let server = RedisServer::shared().await;
    let prefix = format!("{}:", Uuid::now_v7());
    let results = Arc::new(Results::default());
    let first = Place::with(server, &prefix, Some(results.clone())).await;

    let answers = first
        .answers(json!([["revoke", {"task_id": ["a", "b"], "terminate": false}, {}]]))
        .await;
    until(|| results.0.lock().unwrap().len() == 2).await;
    assert_eq!(answers[0]["ok"], "tasks {'a', 'b'} flagged as revoked");
    first.stop().await;

    // Nobody is there any more who could tell.
    let later = Place::with(server, &prefix, None).await;
    until(|| later.worker.told().revoked.contains(&value("b"))).await;
    later.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_tell_each_other_what_they_know() {
    let server = RedisServer::shared().await;
    let prefix = format!("{}:", Uuid::now_v7());
    let first = Place::with(server, &prefix, None).await;
    first.worker.told().revoked.push(value("only in memory"));

    let second = Place::with(server, &prefix, None).await;

    until(|| {
        second
            .worker
            .told()
            .revoked
            .contains(&value("only in memory"))
    })
    .await;
    let hello = json!({"from_node": "python@host", "revoked": ["by python"]});
    let answers = second
        .answers(json!([
            ["hello", hello, {"destination": [second.name], "limit": null, "timeout": 6}],
            ["hello", {"from_node": second.name}, {"destination": [second.name]}],
            ["revoked", {}, {"destination": [second.name]}],
            ["clock", {}, {"destination": [second.name]}],
        ]))
        .await;
    assert!(answers[0]["clock"].is_u64(), "{}", answers[0]);
    assert!(answers[0]["revoked"].to_string().contains("by python"));
    assert!(answers[1].is_null(), "{}", answers[1]);
    assert!(answers[2].to_string().contains("by python"));
    assert!(answers[3]["clock"].is_u64());
    first.stop().await;
    second.stop().await;
}
