//! Programs that are killed or stopped under load, and what is left then: every album that
//! was acknowledged, each with its one mail.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tests::client::Client;
use tests::program::{Program, command};
use tokio::task::JoinSet;
use tokio::time::sleep;
use uuid::Uuid;

use super::{artist, backbeat, congratulated, inspected, until_congratulated};

/// Artists who publish as fast as they are answered.
pub(super) struct Load {
    artists: JoinSet<()>,
    acknowledged: Arc<Mutex<BTreeSet<Uuid>>>,
}

impl Load {
    /// Eight artists begin to publish.
    pub(super) async fn begin(address: SocketAddr, round: u32) -> Self {
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        let mut artists = JoinSet::new();
        for number in 0..8 {
            let mut artist = artist(address, &format!("artist{round}.{number}")).await;
            let acknowledged = acknowledged.clone();
            artists.spawn(async move {
                for album in 0.. {
                    // The end of the load is the end of the connection.
                    let Ok(id) = artist.publish(&format!("Album {album}")).await else {
                        return;
                    };
                    acknowledged.lock().unwrap().insert(id);
                }
            });
        }
        Self {
            artists,
            acknowledged,
        }
    }

    /// Waits until so many albums were acknowledged.
    pub(super) async fn until(&self, count: usize) {
        while self.acknowledged.lock().unwrap().len() < count {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits for the last answers, and says which albums were acknowledged.
    pub(super) async fn end(mut self) -> BTreeSet<Uuid> {
        while let Some(ended) = self.artists.join_next().await {
            ended.unwrap();
        }
        std::mem::take(&mut self.acknowledged.lock().unwrap())
    }
}

/// Nothing waits, nothing is buried, and there are as many mails as albums.
pub(super) fn assert_settled(folder: &Path, acknowledged: &BTreeSet<Uuid>) {
    let found = inspected(folder);
    let mails = congratulated(folder);
    assert!(acknowledged.is_subset(&mails));
    assert_eq!(found["queues"][0]["buried"], 0, "{found}");
    assert_eq!(found["queues"][0]["waiting"], 0, "{found}");
    // An album whose answer was lost with the connection may be stored, and then has its mail, too.
    assert_eq!(found["mails"]["sent"], mails.len(), "{found}");
    assert_eq!(found["queues"][0]["done"], mails.len(), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_kills_under_load_lose_no_album_and_no_mail() {
    let folder = TempDir::new().unwrap();
    let mut acknowledged = BTreeSet::new();
    for round in 0..5 {
        let (program, address) = backbeat(folder.path());
        let load = Load::begin(address, round).await;
        load.until(100 + 37 * round as usize).await;

        program.kill();

        acknowledged.extend(load.end().await);
    }
    let (program, _) = backbeat(folder.path());

    // The locks of the dead are free, so no lease is waited for.
    until_congratulated(folder.path(), &acknowledged).await;
    until_done(folder.path()).await;

    assert_settled(folder.path(), &acknowledged);
    assert_eq!(program.stop().status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_leaves_its_work_to_the_next_and_the_api_goes_on() {
    let folder = TempDir::new().unwrap();
    let mut api = Program::start(command("api", folder.path()));
    let address = api.address();
    let load = Load::begin(address, 0).await;
    for round in 1..=5 {
        let mut worker = Program::start(command("worker", folder.path()));
        worker.line_with("ready");
        load.until(150 * round).await;
        worker.kill();
    }
    let worker = Program::start(command("worker", folder.path()));
    assert_eq!(api.stop().status.code(), Some(0));

    let acknowledged = load.end().await;
    until_congratulated(folder.path(), &acknowledged).await;
    until_done(folder.path()).await;

    assert_settled(folder.path(), &acknowledged);
    assert_eq!(worker.stop().status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_under_load_ends_well_and_loses_and_doubles_nothing() {
    let folder = TempDir::new().unwrap();
    let mut acknowledged = BTreeSet::new();
    let mut prints = String::new();
    for round in 0..3 {
        let mut how = command("backbeat", folder.path());
        how.env("EMAIL_URL", "consolemail://");
        let mut program = Program::start(how);
        let address = program.address();
        let reader = program.read_beside();
        let load = Load::begin(address, round).await;
        load.until(200).await;

        let ended = program.stop();

        assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
        prints.push_str(&reader.join().unwrap());
        acknowledged.extend(load.end().await);
    }
    let mut how = command("backbeat", folder.path());
    how.env("EMAIL_URL", "consolemail://");
    let mut program = Program::start(how);
    let reader = program.read_beside();
    until_done(folder.path()).await;
    assert_eq!(program.stop().status.code(), Some(0));
    prints.push_str(&reader.join().unwrap());

    let copies = copies(&prints);
    assert!(
        acknowledged.iter().all(|album| copies.contains_key(album)),
        "an album has no mail"
    );
    assert!(
        copies.values().all(|count| *count == 1),
        "a mail went twice"
    );
}

/// How often the congratulation of each album was printed.
fn copies(prints: &str) -> BTreeMap<Uuid, u32> {
    let mut copies = BTreeMap::new();
    for line in prints
        .lines()
        .filter_map(|line| line.strip_prefix("Message-ID: <congratulation."))
    {
        let id = line.split('@').next().unwrap().parse().unwrap();
        *copies.entry(id).or_default() += 1;
    }
    copies
}

/// Waits until nothing waits and nothing runs.
pub(super) async fn until_done(folder: &Path) {
    for _ in 0..600 {
        let found = inspected(folder);
        let queue = &found["queues"][0];
        if queue["waiting"] == 0 && queue["running"] == 0 {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("work is left: {}", inspected(folder));
}

/// What the last connection of an artist proves: a client of its own sees its albums after a kill.
#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_album_is_seen_after_a_kill() {
    let folder = TempDir::new().unwrap();
    let (program, address) = backbeat(folder.path());
    let mut ada = artist(address, "ada").await;
    let album = ada.publish("First").await.unwrap();
    program.kill();

    let (_program, address) = backbeat(folder.path());

    let mut client = Client::connect(address).await.unwrap();
    let credentials = serde_json::json!({"username": "ada", "password": "correct horse battery"});
    let logged_in = client
        .send("POST", "/authentication/login/", Some(credentials))
        .await
        .unwrap();
    let mut ada = client.with_token(logged_in.body["token"].as_str().unwrap().to_owned());
    assert_eq!(
        ada.send("GET", &format!("/albums/{album}/"), None)
            .await
            .unwrap()
            .status,
        200
    );
}
