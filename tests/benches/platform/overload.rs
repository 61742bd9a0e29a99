//! How soon somebody is refused when there is too much to do, and how those fare who are not.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::client::Client;
use tests::dawdler::{MANNERS, dawdle};
use tests::program::Program;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::albums::quiet;
use super::idle::resident;
use super::load::{Outcome, Pace, artists, publish};
use super::report;

const WATCHED: Duration = Duration::from_secs(10);
/// How long a client rests that was refused: less than it is asked to.
const REST: Duration = Duration::from_millis(100);
/// How often somebody comes who finds the house full.
const BETWEEN_NEWCOMERS: Duration = Duration::from_millis(10);
const BETWEEN_SLOW_ONES: Duration = Duration::from_millis(1);
const ALBUMS_A_SECOND: u32 = 50;
const CROWD: usize = 2000;

/// A request of a client, whose number it is told, and how many it made before.
type Request = fn(usize, usize) -> (&'static str, Value);

pub(crate) async fn measure() {
    registrations().await;
    guesses().await;
    newcomers().await;
    slow_clients().await;
}

/// More passwords than the cores can hash, and artists beside them.
async fn registrations() {
    let folder = TempDir::new().unwrap();
    let mut api = Program::start(quiet("api", folder.path()));
    let address = api.address();
    let artists = artists(address, 8).await;

    let (asked, albums) = tokio::join!(
        ask(address, 200, register),
        publish(artists, Pace::PerSecond(ALBUMS_A_SECOND), WATCHED),
    );

    let (served, refused) = asked;
    line(
        "200 clients register: ms until a 503",
        &refused,
        "p99 < 100",
    );
    line("  ms until a 201", &served, "");
    line("  ms of a POST /albums/ beside them, 50/s", &albums, "");
}

/// Clients that guess passwords after they had their tries.
async fn guesses() {
    let folder = TempDir::new().unwrap();
    let mut api = Program::start(quiet("api", folder.path()));

    let (_, refused) = ask(api.address(), 64, guess).await;

    line(
        "64 clients guess a password: ms until a 429",
        &refused,
        "p99 < 100",
    );
}

/// Newcomers while all connections are being answered.
async fn newcomers() {
    let folder = TempDir::new().unwrap();
    let mut how = quiet("api", folder.path());
    how.env("API_MAX_CONNECTIONS", "32");
    let mut api = Program::start(how);
    let address = api.address();
    let busy = tokio::spawn(ask(address, 32, register));
    sleep(Duration::from_secs(1)).await;
    let (began, mut waits) = (Instant::now(), Vec::new());
    while began.elapsed() < WATCHED / 2 {
        let asked_at = Instant::now();
        // Whoever is let in after all waits as the others do.
        if let Ok(mut client) = Client::connect(address).await
            && let Ok(answer) = client.send("GET", "/albums/", None).await
            && answer.status == 503
        {
            assert!(answer.retry_after.is_some());
            waits.push(asked_at.elapsed());
        }
        sleep(BETWEEN_NEWCOMERS).await;
    }
    let took = began.elapsed();
    busy.await.unwrap();
    let refused = Outcome::of(waits, took);
    line(
        "all connections busy: ms until a newcomer's 503",
        &refused,
        "p99 < 100",
    );
}

/// Two thousand slow clients, and artists beside them.
async fn slow_clients() {
    let folder = TempDir::new().unwrap();
    let mut api = Program::start(quiet("api", folder.path()));
    let address = api.address();
    let artists = artists(address, 8).await;
    let (albums, closed_after) = tokio::join!(
        publish(artists, Pace::PerSecond(ALBUMS_A_SECOND), WATCHED),
        crowd(address),
    );

    line(
        "2,000 slow clients: ms of a POST /albums/, 50/s",
        &albums,
        "p99 ≤ 200",
    );
    let longest = closed_after.iter().max().unwrap().as_secs_f64();
    let longest = format!("{longest:.1} s");
    report::line("  the last of them is closed after", &longest, "≤ 15 s");
    let memory = format!("{:.1} MiB", resident(api.id()));
    report::line("  the api, resident", &memory, "");
}

/// Slow clients come in quick succession; answers after how long each was closed.
async fn crowd(address: SocketAddr) -> Vec<Duration> {
    let mut crowd = JoinSet::new();
    for number in 0..CROWD {
        let stream = TcpStream::connect(address).await.unwrap();
        let manner = MANNERS[number % MANNERS.len()];
        crowd.spawn(async move {
            let began = Instant::now();
            dawdle(stream, manner).await;
            began.elapsed()
        });
        sleep(BETWEEN_SLOW_ONES).await;
    }
    crowd.join_all().await
}

fn register(client: usize, before: usize) -> (&'static str, Value) {
    let name = format!("ada{client}x{before}");
    let account = json!({"username": name, "email": format!("{name}@example.com"), "password": "correct horse battery"});
    ("/authentication/register/", account)
}

fn guess(_: usize, before: usize) -> (&'static str, Value) {
    let guess = json!({"username": "ada", "password": format!("guess {before}")});
    ("/authentication/login/", guess)
}

/// So many clients ask, each again as soon as it is answered; answers how long who was served
/// waited, and who was refused.
async fn ask(address: SocketAddr, clients: usize, request: Request) -> (Outcome, Outcome) {
    let began = Instant::now();
    let mut asking = JoinSet::new();
    for number in 0..clients {
        asking.spawn(one(address, number, request, began + WATCHED));
    }
    let (served, refused): (Vec<_>, Vec<_>) = asking.join_all().await.into_iter().unzip();
    let took = began.elapsed();
    (
        Outcome::of(served.concat(), took),
        Outcome::of(refused.concat(), took),
    )
}

async fn one(
    address: SocketAddr,
    number: usize,
    request: Request,
    end: Instant,
) -> (Vec<Duration>, Vec<Duration>) {
    let (mut served, mut refused) = (Vec::new(), Vec::new());
    let mut client = None;
    for before in 0.. {
        if end <= Instant::now() {
            break;
        }
        let mut connected = match client.take() {
            Some(client) => client,
            None => Client::connect(address).await.unwrap(),
        };
        let (path, body) = request(number, before);
        let asked_at = Instant::now();
        // Who is idle for a moment may have to go for somebody else.
        let Ok(answer) = connected.send("POST", path, Some(body)).await else {
            continue;
        };
        let waited = asked_at.elapsed();
        if matches!(answer.status, 429 | 503) {
            assert!(answer.retry_after.is_some());
            refused.push(waited);
            sleep(REST).await;
        } else {
            served.push(waited);
        }
        client = Some(connected);
    }
    (served, refused)
}

fn line(what: &str, outcome: &Outcome, to_reach: &str) {
    let ms = |per_mille| outcome.wait(per_mille).as_secs_f64() * 1000.0;
    let figures = format!("{} (p50 {:.1}, p99 {:.1})", outcome.count, ms(500), ms(990));
    report::line(what, &figures, to_reach);
}
