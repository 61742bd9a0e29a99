//! Two thousand clients that are slow in every way they can.

use std::net::SocketAddr;
use std::time::Duration;

use tempfile::TempDir;
use tests::dawdler::{MANNERS, dawdle};
use tests::program::{Program, command};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::super::artist;
use super::asked;

const CROWD: usize = 2000;
/// What is promised; a machine that is busy with other tests keeps that for most of them.
const CLOSED_WITHIN: Duration = Duration::from_secs(15);
/// For the last of them there.
const ALL_CLOSED_WITHIN: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_slow_clients_are_closed_and_keep_nobody_out() {
    let folder = TempDir::new().unwrap();
    let mut api = Program::start(command("api", folder.path()));
    let address = api.address();
    let begun_at = Instant::now();
    let mut crowd = JoinSet::new();
    for number in 0..CROWD {
        let stream = TcpStream::connect(address).await.expect(
            "a connection; these tests need 4,000 open files: ulimit -n says how many there may be",
        );
        crowd.spawn(async move {
            let came_at = Instant::now();
            dawdle(stream, MANNERS[number % MANNERS.len()]).await;
            came_at.elapsed()
        });
    }

    let (mut served, mut refused, mut closed_after) = (0, 0, Vec::new());
    while !crowd.is_empty() {
        assert!(
            begun_at.elapsed() < ALL_CLOSED_WITHIN,
            "{} are left",
            crowd.len()
        );
        match asked(address).await {
            (200, _) => served += 1,
            (503, _) => refused += 1,
            other => panic!("{other:?}"),
        }
        let nap = sleep(Duration::from_millis(50));
        let closing = async {
            while let Some(closed) = crowd.join_next().await {
                closed_after.push(closed.unwrap());
            }
        };
        let _ = timeout(Duration::from_millis(50), closing).await;
        nap.await;
    }

    closed_after.sort_unstable();
    let most = closed_after[CROWD * 3 / 4];
    assert!(most < CLOSED_WITHIN, "{most:?}");
    assert!(refused * 20 <= served, "{refused} refused, {served} served");
    assert_eq!(api.stop().status.code(), Some(0));
}

/// A client that has been served often is not taken for a slow one.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_on_keeps_its_connection_among_a_thousand_silent_ones() {
    let folder = TempDir::new().unwrap();
    let mut how = command("api", folder.path());
    how.env("API_MAX_CONNECTIONS", "100");
    let mut api = Program::start(how);
    let address = api.address();
    let mut ada = artist(address, "ada").await;

    let silent = tokio::spawn(keep_coming(address, 1000));
    let mut albums = 0;
    while !silent.is_finished() {
        albums += 1;
        ada.publish(&format!("Album {albums}")).await.unwrap();
    }

    silent.await.unwrap();
    assert!(0 < albums);
    assert_eq!(api.stop().status.code(), Some(0));
}

/// So many silent connections one after the other, all held to the end.
async fn keep_coming(address: SocketAddr, count: usize) {
    let mut held = Vec::new();
    for _ in 0..count {
        held.push(TcpStream::connect(address).await.unwrap());
        sleep(Duration::from_millis(1)).await;
    }
}
