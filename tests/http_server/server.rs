//! The server under test, with a route for each thing that may happen to it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use adapters::http::body::{BodyError, read_body};
use adapters::http::server::{Drained, Peer, ServerLimits, bind, peer, serve};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use warp::http::StatusCode;
use warp::{Filter, Rejection, Reply};

use super::client::Client;
use super::{GET, HUGE, LONG, SHORT, SOON};

/// A running server and the ways to observe it.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    stop: CancellationToken,
    asked: Arc<Semaphore>,
    serving: JoinHandle<Drained>,
}

impl Server {
    pub(super) async fn start(limits: ServerLimits) -> Self {
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

    pub(super) async fn connect(&self) -> Client {
        Client {
            stream: TcpStream::connect(self.address).await.unwrap(),
        }
    }

    /// Waits until a handler that tells so has begun.
    pub(super) async fn is_asked(&self) {
        let asked = timeout(SOON, self.asked.acquire()).await;
        asked.unwrap().unwrap().forget();
    }

    /// A client that has been answered: within a moment there is room for one more.
    pub(super) async fn guest(&self) -> Client {
        let deadline = Instant::now() + SOON;
        loop {
            let mut client = self.connect().await;
            if client.ask(GET).await == 200 {
                return client;
            }
            assert!(Instant::now() < deadline, "no room within {SOON:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) async fn stop(self) -> Drained {
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
