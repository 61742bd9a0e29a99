//! Redis refuses in every way it can: each program notices within seconds, albums are accepted all
//! the while, and once it takes commands again everything goes on by itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use redis::{Cmd, Value, cmd};
use tempfile::TempDir;
use tests::client::Client;
use tests::program::{Program, command};
use tests::redis_server::RedisServer;
use tokio::time::{Instant, sleep, timeout};

use super::deaths::{assert_settled, until_done};
use super::fleet::{ends_well, ready};
use super::{artist, by_redis, until_congratulated, until_congratulated_within};

/// How long an outage may go unnoticed, on a machine with much to do.
const NOTICED: Duration = Duration::from_secs(30);
/// How long after it everything may take to be as it was there.
const HEALED: Duration = Duration::from_mins(2);
/// How many albums then go through, beside what waited.
const AFTERWARDS: usize = 200;

/// An api, a worker and a beat, and an artist who has published.
struct Fleet {
    folder: TempDir,
    api: Program,
    others: [Program; 2],
    ada: Client,
    albums: BTreeSet<uuid::Uuid>,
}

impl Fleet {
    async fn on(folder: TempDir) -> Self {
        let mut api = Program::start(command("api", folder.path()));
        let others = ["worker", "beat"].map(|name| ready(name, folder.path()));
        let ada = artist(api.address(), "ada").await;
        let mut fleet = Self {
            folder,
            api,
            others,
            ada,
            albums: BTreeSet::new(),
        };
        fleet.publish(1).await;
        until_congratulated(fleet.folder.path(), &fleet.albums).await;
        fleet
    }

    async fn publish(&mut self, count: usize) {
        for _ in 0..count {
            let title = format!("Album {}", self.albums.len());
            self.albums.insert(self.ada.publish(&title).await.unwrap());
        }
    }

    /// What the programs have complained of so far, each.
    fn complaints(&self) -> [usize; 2] {
        self.others.each_ref().map(|program| {
            let log = program.log();
            log.lines().filter(|line| line.contains("WARN")).count()
        })
    }

    /// Waits until both have something to complain of, more than `before`.
    async fn complains(&self, before: [usize; 2]) {
        let complaining = async {
            while self
                .complaints()
                .iter()
                .zip(before)
                .any(|(now, before)| *now <= before)
            {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let noticed = timeout(NOTICED, complaining).await;
        noticed.expect("both programs notice");
    }

    /// Everything that was accepted is mailed soon, and as much again.
    async fn goes_on(mut self) {
        let began = Instant::now();
        self.publish(AFTERWARDS).await;
        let left = HEALED.saturating_sub(began.elapsed());
        until_congratulated_within(left, self.folder.path(), &self.albums).await;
        until_done(self.folder.path()).await;
        assert_settled(self.folder.path(), &self.albums);
        ends_well(self.others.into_iter().chain([self.api]));
    }
}

fn words(words: &[&str]) -> Cmd {
    let mut command = cmd(words[0]);
    command.arg(&words[1..]);
    command
}

async fn tell(redis: &RedisServer, told: &[&str]) {
    redis.ask::<Value>(&words(told)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_was_demoted_for_a_while_is_outlived() {
    let redis = RedisServer::start(&[]).await;
    let mut fleet = Fleet::on(by_redis::folder(&redis, None)).await;
    let before = fleet.complaints();

    tell(&redis, &["REPLICAOF", "127.0.0.1", "1"]).await;
    fleet.publish(1).await;
    fleet.complains(before).await;
    tell(&redis, &["REPLICAOF", "NO", "ONE"]).await;

    fleet.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_cannot_save_is_outlived() {
    let redis = RedisServer::start(&["--stop-writes-on-bgsave-error", "yes"]).await;
    let mut fleet = Fleet::on(by_redis::folder(&redis, None)).await;
    let before = fleet.complaints();

    // No dump can be put where a folder is.
    fs::create_dir(redis.folder().join("dump.rdb")).unwrap();
    tell(&redis, &["CONFIG", "SET", "save", "3600 1000000"]).await;
    tell(&redis, &["BGSAVE"]).await;
    fleet.publish(1).await;
    fleet.complains(before).await;
    assert!(fleet.others[0].log().contains("MISCONF"));
    fs::remove_dir(redis.folder().join("dump.rdb")).unwrap();
    tell(&redis, &["BGSAVE"]).await;

    fleet.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_full_is_outlived() {
    let redis = RedisServer::start(&[]).await;
    let mut fleet = Fleet::on(by_redis::folder(&redis, None)).await;
    let has_complained = |fleet: &Fleet| {
        let logs = fleet.others.each_ref().map(Program::log);
        logs.iter()
            .any(|log| log.contains("tasks cannot be carried"))
    };

    tell(&redis, &["CONFIG", "SET", "maxmemory", "1"]).await;
    fleet.publish(1).await;
    // Whoever comes first carries, and is refused.
    let complaining = async {
        while !has_complained(&fleet) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(NOTICED, complaining).await.expect("it is noticed");
    tell(&redis, &["CONFIG", "SET", "maxmemory", "0"]).await;

    fleet.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_loads_its_data_is_waited_for() {
    let options = ["--enable-debug-command", "yes", "--key-load-delay", "10000"];
    let redis = RedisServer::start(
        &[
            &options[..],
            &["--loading-process-events-interval-bytes", "1024"],
        ]
        .concat(),
    )
    .await;
    let mut fleet = Fleet::on(by_redis::folder(&redis, None)).await;
    let mut fill = cmd("MSET");
    for number in 0..600 {
        fill.arg(format!("filler:{number}")).arg("x".repeat(2048));
    }
    redis.ask::<Value>(&fill).await.unwrap();
    let before = fleet.complaints();

    // 600 keys of 10 ms each.
    let mut connection = redis.connection().await.unwrap();
    connection.set_response_timeout(HEALED);
    let reload = words(&["DEBUG", "RELOAD"]);
    let loading = tokio::spawn(async move { reload.exec_async(&mut connection).await });
    fleet.publish(1).await;
    fleet.complains(before).await;
    for program in &fleet.others {
        let log = program.log();
        assert!(log.contains("loading the dataset"), "{log}");
    }
    loading.await.unwrap().unwrap();

    fleet.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_changed_and_changed_back_is_outlived() {
    let redis =
        RedisServer::start(&["--user", "backbeat", "on", ">secret", "~*", "&*", "+@all"]).await;
    let folder = by_redis::folder(&redis, None);
    let socket = redis.folder().join("redis.sock");
    write_url(
        folder.path(),
        &format!(
            "redis+unix://{}?user=backbeat&pass=secret",
            socket.display()
        ),
    );
    let mut fleet = Fleet::on(folder).await;
    let before = fleet.complaints();

    tell(
        &redis,
        &["ACL", "SETUSER", "backbeat", "resetpass", ">another"],
    )
    .await;
    tell(&redis, &["CLIENT", "KILL", "USER", "backbeat"]).await;
    fleet.publish(1).await;
    fleet.complains(before).await;
    tell(
        &redis,
        &["ACL", "SETUSER", "backbeat", "resetpass", ">secret"],
    )
    .await;

    assert!(!fleet.others[0].log().contains("secret"));
    fleet.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_of_redis_should_be_changed_is_said_at_the_start() {
    let redis = RedisServer::start(&["--maxmemory-policy", "allkeys-lru"]).await;
    let folder = by_redis::folder(&redis, None);
    let worker = ready("worker", folder.path());

    let saying = async {
        while !worker.log().contains("set it to noeviction") {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(NOTICED, saying).await.expect("it is said");

    assert!(worker.log().contains("appendonly"), "{}", worker.log());
    ends_well([worker]);
}

/// Lets programs in `folder` find Redis at `url`.
fn write_url(folder: &Path, url: &str) {
    let path = folder.join(".env");
    let settings = fs::read_to_string(&path).unwrap();
    let others = settings
        .lines()
        .filter(|line| !line.starts_with("REDIS_URL="));
    let line = format!("REDIS_URL={url}");
    let lines: Vec<&str> = others.chain([line.as_str()]).collect();
    fs::write(path, lines.join("\n")).unwrap();
}
