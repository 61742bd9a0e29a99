//! Who has to go when the house is full, and who is turned away.

use adapters::http::server::ServerLimits;
use tokio::time::Instant;

use super::client::Client;
use super::server::Server;
use super::{GET, PATIENT, SOON};

const BUSY: &str = "GET /when-stopped HTTP/1.1\r\nhost: x\r\n\r\n";

/// A server with this many seats, each taken by a client that waits for its answer.
async fn all_busy(connections: usize) -> (Server, Vec<Client>) {
    let server = room_for(connections).await;
    let mut guests = Vec::new();
    for _ in 0..connections {
        let mut guest = server.connect().await;
        guest.send(BUSY).await;
        server.is_asked().await;
        guests.push(guest);
    }
    (server, guests)
}

async fn room_for(connections: usize) -> Server {
    Server::start(ServerLimits {
        connections,
        ..PATIENT
    })
    .await
}

#[tokio::test]
async fn one_too_many_is_answered_503_at_once_when_all_are_busy() {
    let (server, _guests) = all_busy(2).await;

    let mut third = server.connect().await;
    let knocked_at = Instant::now();
    let refusal = third.rest().await;

    assert!(knocked_at.elapsed() < SOON, "and not when a seat is free");
    assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
    for header in [
        "retry-after: 1",
        "connection: close",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
    ] {
        assert!(refusal.contains(&format!("\r\n{header}\r\n")), "{refusal}");
    }
}

#[tokio::test]
async fn a_crowd_of_refused_clients_is_let_go_and_nobody_busy_is_disturbed() {
    let (server, mut guests) = all_busy(1).await;
    let mut crowd = Vec::new();
    for _ in 0..300 {
        crowd.push(server.connect().await);
    }

    for refused in &mut crowd {
        assert!(refused.rest().await.starts_with("HTTP/1.1 503 "));
    }
    let _ = server.stop().await;
    assert!(guests[0].rest().await.ends_with("done"));
}

#[tokio::test]
async fn whoever_says_nothing_for_the_longest_makes_room_for_a_newcomer() {
    let server = room_for(3).await;
    let mut silent = server.connect().await;
    let mut half_a_head = server.connect().await;
    half_a_head.send("GET /peer HT").await;
    let mut idle = server.connect().await;
    assert_eq!(idle.ask(GET).await, 200);

    let _first = server.guest().await;
    assert_eq!(silent.rest().await, "");
    let mut second = server.guest().await;
    assert_eq!(half_a_head.rest().await, "");
    assert_eq!(second.ask(GET).await, 200);
}

#[tokio::test]
async fn whoever_sends_a_body_slowly_makes_room_as_well() {
    let server = room_for(2).await;
    let mut slow = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect().await;
        client
            .send("POST /wait HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf")
            .await;
        server.is_asked().await;
        slow.push(client);
    }

    let _guest = server.guest().await;

    assert_eq!(slow[0].rest().await, "");
    slow[1].send("done.").await;
    assert_eq!(slow[1].answer().await, 200);
}

#[tokio::test]
async fn a_crowd_of_silent_clients_keeps_nobody_out() {
    let server = room_for(16).await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(server.connect().await);
    }
    let mut good = server.guest().await;

    // As many again while the good one goes on.
    for _ in 0..20 {
        for _ in 0..10 {
            silent.push(server.connect().await);
        }
        assert_eq!(good.ask(GET).await, 200);
    }
}
