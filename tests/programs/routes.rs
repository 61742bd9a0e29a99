//! Tasks that are routed to queues of their own.

use std::collections::BTreeSet;

use tempfile::TempDir;
use tests::program::{Program, command};

use super::fleet::ends_well;
use super::{artist, until_congratulated, until_inspected};

const ROUTES: &str = r#"{"albums.tasks.congratulate_artist": {"queue": "congratulations"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn everything_in_one_process_serves_every_queue_there_is_a_route_to() {
    let folder = TempDir::new().unwrap();
    let mut how = command("backbeat", folder.path());
    how.env("CELERY_CONF_TASK_ROUTES", ROUTES);
    let mut program = Program::start(how);
    let mut ada = artist(program.address(), "ada").await;

    let album = ada.publish("First").await.unwrap();

    until_congratulated(folder.path(), &BTreeSet::from([album])).await;
    until_inspected(folder.path(), |found| {
        let queue = &found["queues"][0];
        queue["queue"] == "congratulations" && queue["done"] == 1
    })
    .await;
    ends_well([program]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_serves_the_queues_it_is_told_to() {
    let folder = TempDir::new().unwrap();
    let start = |name: &str, arguments: &[&str]| {
        let mut how = command(name, folder.path());
        how.args(arguments).env("CELERY_CONF_TASK_ROUTES", ROUTES);
        Program::start(how)
    };
    let mut api = start("api", &[]);
    let mut idle = start("worker", &[]);
    idle.line_with("ready");
    let mut ada = artist(api.address(), "ada").await;
    let album = ada.publish("First").await.unwrap();
    until_inspected(folder.path(), |found| found["queues"][0]["waiting"] == 1).await;

    let worker = start("worker", &["-Q", "other,congratulations"]);

    until_congratulated(folder.path(), &BTreeSet::from([album])).await;
    ends_well([api, idle, worker]);
}
