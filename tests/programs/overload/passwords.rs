//! Passwords cost much time each: who finds the line full is told to come again, at once.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::client::{Answer, Client};
use tests::program::{Program, command};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::super::artist;
use super::SOON;

async fn post(address: SocketAddr, path: &str, body: Value) -> (Answer, Duration) {
    let mut client = Client::connect(address).await.unwrap();
    let asked_at = Instant::now();
    let answer = client.send("POST", path, Some(body)).await.unwrap();
    (answer, asked_at.elapsed())
}

async fn register(address: SocketAddr, number: usize) -> (Answer, Duration) {
    let account = json!({"username": format!("ada{number}"),
        "email": format!("ada{number}@example.com"), "password": "correct horse battery"});
    post(address, "/authentication/register/", account).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rush_of_registrations_is_served_or_refused_and_keeps_nobody_else_waiting() {
    let folder = TempDir::new().unwrap();
    let mut api = Program::start(command("api", folder.path()));
    let address = api.address();
    let mut ada = artist(address, "ada").await;
    let mut rush = JoinSet::new();
    let cores = std::thread::available_parallelism().unwrap().get();
    for number in 0..cores * 100 {
        rush.spawn(register(address, number));
    }

    let published_at = Instant::now();
    ada.publish("Meanwhile").await.unwrap();
    assert!(published_at.elapsed() < SOON);
    let (mut served, mut refused) = (0, 0);
    while let Some(answered) = rush.join_next().await {
        let (answer, took) = answered.unwrap();
        match answer.status {
            201 => served += 1,
            503 => {
                refused += 1;
                assert_eq!(answer.retry_after, Some(1));
                assert!(took < SOON, "refused after {took:?}");
            }
            _ => panic!("{answer:?}"),
        }
    }

    assert!(
        0 < served && 0 < refused,
        "{served} served, {refused} refused"
    );
    register(address, 1_000_000).await;
    assert_eq!(api.stop().status.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_passwords_is_told_to_wait() {
    let folder = TempDir::new().unwrap();
    let mut how = command("api", folder.path());
    how.env("LOGIN_ATTEMPTS_PER_ACCOUNT", "2");
    let mut api = Program::start(how);
    let address = api.address();
    let guess = || {
        let credentials = json!({"username": "ada", "password": "a guess"});
        post(address, "/authentication/login/", credentials)
    };

    let answers = [guess().await, guess().await, guess().await];

    let statuses = [0, 1, 2].map(|number: usize| answers[number].0.status);
    assert_eq!(statuses, [401, 401, 429]);
    let seconds = answers[2].0.retry_after.unwrap();
    assert!((1..=15 * 60).contains(&seconds), "{seconds}");
    assert_eq!(api.stop().status.code(), Some(0));
}
