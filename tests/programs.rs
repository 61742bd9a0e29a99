//! The programs as they are started: by hand, together, wrongly, and killed.

mod beat;
pub(crate) mod by_redis;
mod commands;
mod deaths;
mod disk_full;
pub(crate) mod fleet;
mod mail;
mod overload;
mod redis_outages;
mod refusals;
mod refusing_servers;
mod reminders;
mod routes;
mod secrets;
mod signals;
mod together;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::sqlite::SqliteStore;
use domain::ports::TaskQueue as _;
use domain::tasks::Envelope;
use serde_json::Value;
use tests::client::Client;
use tests::program::{Program, command};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Starts everything in one process in `folder`.
fn backbeat(folder: &Path) -> (Program, SocketAddr) {
    let mut program = Program::start(command("backbeat", folder));
    let address = program.address();
    (program, address)
}

/// What `backbeat inspect` finds.
pub(crate) fn inspected(folder: &Path) -> Value {
    let output = command("backbeat", folder)
        .args(["inspect", "--json"])
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What `backbeat inspect` finds once it is as it should be.
pub(crate) async fn until_inspected(folder: &Path, is_so: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let found = inspected(folder);
        if is_so(&found) {
            return found;
        }
        assert!(Instant::now() < deadline, "not so: {found}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// An artist called `name`, connected.
pub(crate) async fn artist(address: SocketAddr, name: &str) -> Client {
    let client = Client::connect(address).await.unwrap();
    client.become_artist(name).await.unwrap()
}

/// Queues a task in the store in the file `path`, as a program of its own would.
async fn enqueue(path: &Path, task: Envelope) {
    let opened = SqliteStore::open(path, Arc::new(SystemClock)).await;
    let (store, writer) = opened.unwrap();
    let stop = CancellationToken::new();
    let enqueue = async {
        store.enqueue(&[task]).await.unwrap();
        stop.cancel();
    };
    tokio::join!(enqueue, writer.run(stop.clone()));
}

/// The albums whose congratulation lies in the mail folder.
pub(crate) fn congratulated(folder: &Path) -> BTreeSet<Uuid> {
    let Ok(entries) = folder.join("var/mail").read_dir() else {
        return BTreeSet::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let ids = names.filter_map(|name| {
        let id = name
            .strip_prefix("congratulation.")?
            .strip_suffix("@localhost.eml")?;
        Some(id.parse().unwrap())
    });
    ids.collect()
}

/// Waits until each of `albums` has its mail, a minute at most.
async fn until_congratulated(folder: &Path, albums: &BTreeSet<Uuid>) {
    until_congratulated_within(Duration::from_mins(1), folder, albums).await;
}

/// Waits until each of `albums` has its mail, and no longer than that.
async fn until_congratulated_within(within: Duration, folder: &Path, albums: &BTreeSet<Uuid>) {
    let deadline = Instant::now() + within;
    loop {
        let congratulated = congratulated(folder);
        if albums.is_subset(&congratulated) {
            return;
        }
        let missing = albums.difference(&congratulated).count();
        assert!(
            Instant::now() < deadline,
            "{missing} of {} albums without a mail",
            albums.len()
        );
        sleep(Duration::from_millis(10)).await;
    }
}
