//! The server over real sockets: clients that are slow, silent, greedy or too many.

mod client;
mod full;
mod server;
mod stop;

use std::time::Duration;

use adapters::http::server::{BindError, Drained, ServerLimits, bind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use self::client::drip;
use self::server::Server;

/// The server's patience in these tests; each limit alone is tried with the others long.
const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_mins(5);

/// What a loaded machine may take for something that should happen soon.
const SOON: Duration = Duration::from_mins(1);

const GET: &str = "GET /peer HTTP/1.1\r\nhost: x\r\n\r\n";
const HUGE: usize = 64 * 1024 * 1024;

const PATIENT: ServerLimits = ServerLimits {
    connections: 16,
    head: LONG,
    request: LONG,
    stall: LONG,
    drain: LONG,
};

#[tokio::test]
async fn a_dripping_head_is_cut() {
    let server = Server::start(ServerLimits {
        head: SHORT,
        ..PATIENT
    })
    .await;
    let client = server.connect().await;

    let answer = drip(client, "GET /peer HTTP/1.1\r\nx: ", "y").await;

    assert_eq!(answer, "");
}

#[tokio::test]
async fn a_request_without_a_path_is_refused() {
    let server = Server::start(PATIENT).await;

    for line in ["CONNECT example.com:80", "GET example.com:80"] {
        let mut client = server.connect().await;
        let request = format!("{line} HTTP/1.1\r\nhost: x\r\n\r\n");

        assert_eq!(client.ask(&request).await, 400, "{line}");
        assert_eq!(client.rest().await, "");
    }
}

/// These answers are the HTTP library's own; there is nothing in them that a header could protect.
#[tokio::test]
async fn what_is_no_http_is_refused_with_a_status_and_nothing_else() {
    let server = Server::start(PATIENT).await;
    let long = format!("GET /peer HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(20_000));

    for (said, status) in [
        ("HELO mail.example\r\n\r\n", 400),
        ("GET /peer HTTP/1.1\r\nno header\r\n\r\n", 400),
        (&long, 431),
    ] {
        let mut client = server.connect().await;
        client.send(said).await;
        let answer = client.rest().await;

        let (first, headers) = answer.split_once("\r\n").unwrap();
        assert!(
            first.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
        let headers = headers.strip_suffix("\r\n\r\n").expect("no body");
        let mut names: Vec<_> = headers
            .lines()
            .filter_map(|line| line.split(':').next())
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["connection", "content-length", "date"], "{answer}");
    }
}

#[tokio::test]
async fn a_silent_connection_is_cut() {
    let server = Server::start(ServerLimits {
        head: SHORT,
        ..PATIENT
    })
    .await;
    let mut client = server.connect().await;

    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn an_idle_connection_is_kept_a_while_and_cut() {
    let server = Server::start(ServerLimits {
        head: 3 * SHORT,
        ..PATIENT
    })
    .await;
    let mut client = server.connect().await;

    assert_eq!(client.ask(GET).await, 200);
    assert_eq!(client.ask(GET).await, 200);
    assert_eq!(client.rest().await, "");
}

#[tokio::test]
async fn a_dripping_body_is_answered_408_and_cut() {
    let server = Server::start(PATIENT).await;
    let client = server.connect().await;
    let head = "POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n";

    let answer = drip(client, head, "y").await;

    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_body_in_chunks_is_limited_like_any_other() {
    let server = Server::start(PATIENT).await;
    let mut client = server.connect().await;
    let head = "POST /body HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("400\r\n{}\r\n", "y".repeat(1024));

    client.send(&(head.to_owned() + &chunk.repeat(10))).await;

    assert_eq!(client.answer().await, 413);
}

#[tokio::test]
async fn a_body_nobody_wants_does_not_cost_its_client_the_answer() {
    let server = Server::start(PATIENT).await;
    let mut client = server.connect().await;
    let megabytes = 4 * 1024 * 1024;
    let head = format!("POST /peer HTTP/1.1\r\nhost: x\r\ncontent-length: {megabytes}\r\n\r\n");

    let stream = &mut client.stream;
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b'y'; megabytes]).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();

    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
}

#[tokio::test]
async fn a_handler_without_end_is_answered_503() {
    let server = Server::start(ServerLimits {
        request: SHORT,
        ..PATIENT
    })
    .await;
    let mut client = server.connect().await;

    client.send("GET /never HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let answer = client.rest().await;

    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    for header in [
        "retry-after: 1",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
    ] {
        assert!(answer.contains(&format!("\r\n{header}\r\n")), "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_never_reads_is_cut() {
    let server = Server::start(ServerLimits {
        stall: SHORT,
        ..PATIENT
    })
    .await;
    let mut greedy = server.connect().await;
    greedy.send("GET /huge HTTP/1.1\r\nhost: x\r\n\r\n").await;
    greedy.stream.readable().await.unwrap();

    // The drain would wait for it much longer.
    let drained = server.stop().await;

    assert_eq!(drained, Drained { cut: 0 });
    let got = greedy.rest().await.len();
    assert!(got < HUGE, "got {got} bytes");
}

#[tokio::test]
async fn a_good_client_is_served_beside_bad_ones() {
    let server = Server::start(PATIENT).await;
    let mut bad = Vec::new();
    for start in ["", "GET /pe", "GET /huge HTTP/1.1\r\nhost: x\r\n\r\n"] {
        let mut client = server.connect().await;
        client.send(start).await;
        bad.push(client);
    }

    let mut good = server.connect().await;
    for _ in 0..10 {
        assert_eq!(good.ask(GET).await, 200);
    }
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let server = Server::start(PATIENT).await;

    let error = bind(server.address).await.unwrap_err();

    assert!(matches!(error, BindError::Taken(address) if address == server.address));
    assert!(error.to_string().contains(&server.address.to_string()));
}

#[tokio::test]
async fn a_panicking_handler_costs_its_connection_only() {
    let server = Server::start(PATIENT).await;
    let mut neighbour = server.connect().await;
    let mut unlucky = server.connect().await;
    assert_eq!(neighbour.ask(GET).await, 200);

    unlucky.send("GET /panic HTTP/1.1\r\nhost: x\r\n\r\n").await;

    assert_eq!(unlucky.rest().await, "");
    assert_eq!(neighbour.ask(GET).await, 200);
    assert_eq!(server.connect().await.ask(GET).await, 200);
}

#[tokio::test]
async fn the_peer_is_the_connections_and_not_what_the_client_says() {
    let server = Server::start(PATIENT).await;
    let mut client = server.connect().await;

    client
        .send("GET /peer HTTP/1.1\r\nhost: x\r\nconnection: close\r\npeer: 1.2.3.4\r\nx-forwarded-for: 1.2.3.4\r\n\r\n")
        .await;

    assert!(client.rest().await.ends_with("127.0.0.1"));
}
