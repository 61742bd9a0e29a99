//! The server over real sockets: clients that are slow, silent, greedy or too many.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use adapters::http::body::{BodyError, read_body};
use adapters::http::server::{BindError, Drained, Peer, ServerLimits, bind, peer, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use warp::http::StatusCode;
use warp::{Filter, Rejection, Reply};

/// The server's patience in these tests; each limit alone is tried with the others long.
const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_mins(1);

/// What a loaded machine may take for something that should happen soon.
const SOON: Duration = Duration::from_secs(10);

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
    assert!(answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
}

#[tokio::test]
async fn a_client_that_never_reads_is_cut() {
    let server = Server::start(ServerLimits {
        stall: SHORT,
        connections: 1,
        ..PATIENT
    })
    .await;
    let mut greedy = server.connect().await;

    greedy.send("GET /huge HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.has_room_again().await;

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
async fn one_connection_too_many_is_answered_503_at_once() {
    let server = Server::start(ServerLimits {
        connections: 2,
        ..PATIENT
    })
    .await;
    let mut first = server.connect().await;
    let mut second = server.connect().await;
    assert_eq!(first.ask(GET).await, 200);
    assert_eq!(second.ask(GET).await, 200);

    let mut third = server.connect().await;
    let knocked_at = Instant::now();
    let refusal = third.rest().await;
    assert!(knocked_at.elapsed() < Duration::from_secs(1));
    assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
    assert!(refusal.contains("\r\nretry-after: 1\r\n"), "{refusal}");
    assert!(refusal.contains("\r\nconnection: close\r\n"), "{refusal}");

    drop(first);
    server.has_room_again().await;
    assert_eq!(second.ask(GET).await, 200);
}

#[tokio::test]
async fn a_crowd_of_refused_clients_is_let_go() {
    let server = Server::start(ServerLimits {
        connections: 1,
        ..PATIENT
    })
    .await;
    let mut guest = server.connect().await;
    assert_eq!(guest.ask(GET).await, 200);
    let mut crowd = Vec::new();
    for _ in 0..300 {
        crowd.push(server.connect().await);
    }

    for refused in &mut crowd {
        assert!(refused.rest().await.starts_with("HTTP/1.1 503 "));
    }
    assert_eq!(guest.ask(GET).await, 200);
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let server = Server::start(PATIENT).await;

    let error = bind(server.address).await.unwrap_err();

    assert!(matches!(error, BindError::Taken(address) if address == server.address));
    assert!(error.to_string().contains(&server.address.to_string()));
}

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

/// A running server and the ways to observe it.
struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    asked: Arc<Semaphore>,
    serving: JoinHandle<Drained>,
}

impl Server {
    async fn start(limits: ServerLimits) -> Self {
        let listener = bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let asked = Arc::new(Semaphore::new(0));
        let routes = routes(asked.clone(), stop.clone());
        let serving = tokio::spawn(serve(listener, routes, limits, stop.clone()));
        Self {
            address,
            stop,
            asked,
            serving,
        }
    }

    async fn connect(&self) -> Client {
        Client {
            stream: TcpStream::connect(self.address).await.unwrap(),
        }
    }

    /// Waits until a handler that tells so has begun.
    async fn is_asked(&self) {
        let asked = timeout(SOON, self.asked.acquire()).await;
        asked.unwrap().unwrap().forget();
    }

    /// Waits until one more connection than now is open is not one too many.
    async fn has_room_again(&self) {
        let deadline = Instant::now() + SOON;
        while self.connect().await.ask(GET).await != 200 {
            assert!(Instant::now() < deadline, "no room within {SOON:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn stop(self) -> Drained {
        self.stop.cancel();
        timeout(SOON, self.serving).await.unwrap().unwrap()
    }
}

fn routes(
    asked: Arc<Semaphore>,
    stop: CancellationToken,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    let tell = warp::any().map(move || asked.add_permits(1)).untuple_one();
    let who = warp::path("peer")
        .and(warp::get())
        .and(peer())
        .map(|peer: Peer| peer.address.to_string());
    let body = warp::path("body")
        .and(warp::body::stream())
        .then(async |body| status_of(&read_body(body, 4096, SHORT).await));
    let wait = warp::path("wait")
        .and(tell.clone())
        .and(warp::body::stream())
        .then(async |body| status_of(&read_body(body, 4096, LONG).await));
    let when_stopped = warp::path("when-stopped").and(tell).then(move || {
        let stop = stop.clone();
        async move {
            stop.cancelled().await;
            "done"
        }
    });
    let never = warp::path("never").then(std::future::pending::<StatusCode>);
    let huge = warp::path("huge").map(|| vec![b'y'; HUGE]);
    let panic = warp::path("panic").map(|| -> StatusCode { panic!("as the test wants it") });

    who.or(body)
        .or(wait)
        .or(when_stopped)
        .or(never)
        .or(huge)
        .or(panic)
        .recover(async |rejection: Rejection| {
            let not_allowed = rejection.find::<warp::reject::MethodNotAllowed>();
            Ok::<_, Infallible>(
                not_allowed.map_or(StatusCode::NOT_FOUND, |_| StatusCode::METHOD_NOT_ALLOWED),
            )
        })
}

fn status_of<T>(body: &Result<T, BodyError>) -> StatusCode {
    match body {
        Ok(_) => StatusCode::OK,
        Err(BodyError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
        Err(BodyError::TooSlow { .. }) => StatusCode::REQUEST_TIMEOUT,
        Err(BodyError::Broken(_)) => StatusCode::BAD_REQUEST,
    }
}

/// A client that does nothing by itself.
struct Client {
    stream: TcpStream,
}

impl Client {
    /// A connection closed meanwhile is no failure here: the answer shows what happened.
    async fn send(&mut self, text: &str) {
        let _ = timeout(SOON, self.stream.write_all(text.as_bytes()))
            .await
            .unwrap();
    }

    /// Asks, and says with which status it was answered; 0 when it was not.
    async fn ask(&mut self, request: &str) -> u16 {
        self.send(request).await;
        self.answer().await
    }

    /// Reads one answer with a `content-length` and leaves the connection open.
    async fn answer(&mut self) -> u16 {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match timeout(SOON, self.stream.read_u8()).await.unwrap() {
                Ok(byte) => head.push(byte),
                Err(_) => return 0,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.split("\r\ncontent-length: ").nth(1).unwrap();
        let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        timeout(SOON, self.stream.read_exact(&mut body))
            .await
            .unwrap()
            .unwrap();
        head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Reads until the server closes, which it must do soon.
    async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let _ = timeout(SOON, self.stream.read_to_end(&mut rest))
            .await
            .unwrap();
        String::from_utf8(rest).unwrap()
    }
}

/// Sends `start` and then `drop` again and again until the server closes; says what it
/// answered.
async fn drip(mut client: Client, start: &str, drop: &str) -> String {
    client.send(start).await;
    let (mut from, mut to) = client.stream.into_split();
    let mut answer = Vec::new();
    let dripping = async {
        loop {
            sleep(Duration::from_millis(20)).await;
            let _ = to.write_all(drop.as_bytes()).await;
        }
    };
    tokio::select! {
        read = timeout(SOON, from.read_to_end(&mut answer)) => { let _ = read.unwrap(); }
        () = dripping => {}
    }
    String::from_utf8(answer).unwrap()
}
