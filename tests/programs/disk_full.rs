//! A disk that is full: nothing is acknowledged that is not stored, and once there is room again
//! everything goes on by itself.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::client::Client;
use tests::postgres::PostgresServer;
use tests::program::{Program, command};
use tests::small_disk::SmallDisk;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{artist, backbeat, until_congratulated, until_congratulated_within, until_inspected};

/// More than fit into what the store has set aside already.
const MANY: usize = 3000;

/// What became of the albums that were published.
#[derive(Default)]
struct Published {
    acknowledged: BTreeSet<Uuid>,
    refused: BTreeSet<String>,
}

impl Published {
    /// Publishes one; whether it was acknowledged. Any other answer is a clear refusal.
    async fn one_more(&mut self, ada: &mut Client) -> bool {
        let name = format!("Album {}", self.acknowledged.len() + self.refused.len());
        let album = json!({"name": name, "cost": "9.99"});
        let answer = ada.send("POST", "/albums/", Some(album)).await.unwrap();
        if answer.status == 201 {
            let id = answer.body["id"].as_str().unwrap();
            return self.acknowledged.insert(id.parse().unwrap());
        }
        assert_eq!((answer.status, answer.retry_after), (503, Some(1)));
        self.refused.insert(name);
        false
    }

    /// What was acknowledged is there, and what was refused is not.
    async fn assert_true(&self, ada: &mut Client) {
        let mut found = BTreeSet::new();
        let mut next = Some("/albums/?limit=100".to_owned());
        while let Some(path) = next {
            let page = ada.send("GET", &path, None).await.unwrap().body;
            for album in page["results"].as_array().unwrap() {
                let name = album["name"].as_str().unwrap();
                assert!(!self.refused.contains(name), "{name} was refused");
                found.insert(album["id"].as_str().unwrap().parse().unwrap());
            }
            next = page["next"].as_str().map(in_site);
        }
        assert_eq!(found, self.acknowledged);
    }
}

/// A link's path and query.
fn in_site(link: &str) -> String {
    let site = link.split('/').take(3).map(str::len).sum::<usize>() + 2;
    link[site..].to_owned()
}

/// Everything in one process, started by `how` in `folder`, outlives that `disk` is full.
async fn outlives(how: Command, folder: &Path, disk: &SmallDisk) {
    let mut program = Program::start(how);
    let mut ada = artist(program.address(), "ada").await;
    let mut published = Published::default();
    assert!(published.one_more(&mut ada).await);

    disk.fill();
    let mut tries = 0;
    while published.one_more(&mut ada).await {
        tries += 1;
        assert!(tries < MANY, "the disk is not full");
    }
    for _ in 0..5 {
        published.one_more(&mut ada).await;
    }
    let read = ada.send("GET", "/artists/", None).await.unwrap();
    assert_eq!(read.status, 200, "reading goes on");
    disk.free();

    let deadline = Instant::now() + Duration::from_mins(1);
    while !published.one_more(&mut ada).await {
        assert!(Instant::now() < deadline, "{}", program.log());
        sleep(Duration::from_millis(100)).await;
    }
    published.assert_true(&mut ada).await;
    until_congratulated(folder, &published.acknowledged).await;
    let ended = program.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    assert!(!ended.errors.contains("panicked"), "{}", ended.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_sqlite_costs_nothing_that_was_acknowledged() {
    let disk = SmallDisk::new(16);
    let folder = TempDir::new().unwrap();
    let mut how = command("backbeat", folder.path());
    let file = disk.folder().join("backbeat.sqlite3");
    how.env("DATABASE_URL", format!("sqlite:///{}", file.display()));

    outlives(how, folder.path(), &disk).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_under_postgresql_costs_nothing_that_was_acknowledged() {
    let disk = SmallDisk::new(32);
    let database = PostgresServer::start("").database_on(&disk);
    let folder = TempDir::new().unwrap();
    let mut how = command("backbeat", folder.path());
    how.env("DATABASE_URL", database.url())
        .env("SECRET_KEY", "the same on every machine, and long enough");

    outlives(how, folder.path(), &disk).await;
}

/// The folder for mails is full, and the store's is not: mails wait, and go when there is room.
#[tokio::test(flavor = "multi_thread")]
async fn mails_wait_while_their_folder_is_on_a_full_disk() {
    let disk = SmallDisk::new(1);
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("var")).unwrap();
    symlink(disk.folder(), folder.path().join("var/mail")).unwrap();
    let (program, address) = backbeat(folder.path());
    let mut ada = artist(address, "ada").await;

    disk.fill();
    let album = ada.publish("First").await.unwrap();
    let is_paused = |found: &Value| found["pauses"][0].is_object();
    let found = until_inspected(folder.path(), is_paused).await;

    assert!(found.to_string().contains("No space left"), "{found}");
    assert_eq!(found["queues"][0]["buried"], 0, "{found}");
    program.stop();
    disk.free();
    let (program, _) = backbeat(folder.path());
    // Sooner than a pause ends by itself: a restart does not wait for that.
    let soon = Duration::from_secs(25);
    until_congratulated_within(soon, folder.path(), &BTreeSet::from([album])).await;
    assert_eq!(program.stop().status.code(), Some(0));
}
