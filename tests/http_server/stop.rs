//! What holds the server's stop, and what does not.

use adapters::http::server::{Drained, ServerLimits};
use tokio::net::TcpStream;

use super::server::Server;
use super::{GET, PATIENT, SHORT};

#[tokio::test]
async fn a_half_sent_request_holds_the_stop_no_longer_than_the_drain() {
    let server = Server::start(ServerLimits {
        drain: SHORT,
        ..PATIENT
    })
    .await;
    let mut half_a_head = server.connect().await;
    let mut half_a_body = server.connect().await;
    half_a_head.send("GET /peer HT").await;
    half_a_body
        .send("POST /wait HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf")
        .await;
    server.is_asked().await;

    let drained = server.stop().await;

    assert!(drained.cut <= 2, "{drained:?}");
    assert!(1 <= drained.cut, "{drained:?}");
}

#[tokio::test]
async fn a_running_request_is_answered_during_the_drain() {
    let server = Server::start(PATIENT).await;
    let mut client = server.connect().await;
    client
        .send("GET /when-stopped HTTP/1.1\r\nhost: x\r\n\r\n")
        .await;
    server.is_asked().await;

    let drained = server.stop().await;

    assert_eq!(drained, Drained { cut: 0 });
    assert!(client.rest().await.ends_with("done"));
}

#[tokio::test]
async fn idle_and_silent_connections_do_not_hold_the_stop() {
    let server = Server::start(PATIENT).await;
    let address = server.address;
    let mut idle = server.connect().await;
    let mut silent = server.connect().await;
    assert_eq!(idle.ask(GET).await, 200);

    let drained = server.stop().await;

    assert_eq!(drained, Drained { cut: 0 });
    assert_eq!(idle.rest().await, "");
    assert_eq!(silent.rest().await, "");
    assert!(TcpStream::connect(address).await.is_err());
}
