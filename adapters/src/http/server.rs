//! Serves a warp filter, and neither waits for slow clients nor hangs when it shall stop.

mod bind;
mod connection;
mod linger;
mod peer;
mod refusal;
mod seats;
mod seldom;
mod spare;
mod upload;

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};
use warp::http::HeaderValue;
use warp::{Filter, Reply};

pub use self::bind::{BindError, bind};
use self::connection::converse;
pub use self::peer::{Peer, peer};
use self::refusal::Refusals;
use self::seats::Seats;
use self::seldom::Seldom;
use self::spare::Spare;

/// How long nothing is accepted after the system refused to give a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// So many connections may be open beyond the limit: those told to go that have not gone yet.
const LEAVING: usize = 64;

/// So many are told to go when the system gives no more: the store needs some of them too.
const GO_AT_ONCE: usize = 8;

const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const ONE_SECOND: HeaderValue = HeaderValue::from_static("1");
const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// What a client may take of the server.
///
/// With the defaults, and bodies read [`BODY_WITHIN`](super::body::BODY_WITHIN), a client that
/// sends slowly in every way it can is cut off within 15 s.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// Connections served at once. One more takes the place of the one that has kept us waiting
    /// for the longest; when none does, it is answered 503 at once.
    pub connections: usize,
    /// From the opening of a connection, or the answer before, to the last byte of a
    /// request's head. So it is also how long an idle connection is kept.
    pub head: Duration,
    /// From the last byte of a head until the answer begins, the reading of the body
    /// included; later the client gets a 503. Bodies have a shorter limit of their own:
    /// [`read_body`](super::body::read_body).
    pub request: Duration,
    /// How long a client may take no byte of its answer.
    pub stall: Duration,
    /// How long running requests may go on after the stop.
    pub drain: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections: 1024,
            head: Duration::from_secs(7),
            request: Duration::from_secs(30),
            stall: Duration::from_secs(7),
            drain: Duration::from_secs(10),
        }
    }
}

/// How the serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Drained {
    /// Connections that were still busy when the time to drain was over.
    pub cut: usize,
}

/// Answers what comes through `listener` with `routes` until `stop` is cancelled.
///
/// Then nothing more is accepted, idle connections are closed at once and running requests
/// go on for at most `limits.drain`. When this returns, no connection is left. A handler
/// that panics costs its connection, nothing else. The error type of `routes` says that
/// they have an answer to everything: end them with a `recover` that cannot fail.
pub async fn serve<F, R>(
    listener: TcpListener,
    routes: F,
    limits: ServerLimits,
    stop: CancellationToken,
) -> Drained
where
    F: Filter<Extract = (R,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
    R: Reply + Send,
{
    let mut connections = JoinSet::new();
    let seats = Seats::default();
    let mut refusals = Refusals::default();
    let mut spare = Spare::new();
    let mut troubles = Seldom::default();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(ended) = connections.join_next() => { note(ended); continue }
            Some(()) = refusals.next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) if has_room(connections.len(), limits.connections, &seats) => {
                let answers = TowerToHyperService::new(warp::service(routes.clone()));
                let (seat, stop) = (seats.take(), stop.clone());
                connections.spawn(converse(stream, address, answers, limits, seat, stop));
            }
            Ok((stream, _)) => refusals.refuse(stream),
            Err(e) if is_of_the_client(&e) => debug!(error = &e as &dyn Error, "lost a client"),
            Err(e) => {
                if troubles.may_speak(Instant::now()) {
                    warn!(error = &e as &dyn Error, "cannot accept connections");
                }
                make_room(&seats);
                if !spare.refuse_one(&listener) {
                    stop.run_until_cancelled(sleep(PAUSE)).await;
                }
            }
        }
    }
    drop(listener);
    drain(connections, limits.drain).await
}

/// Whether one more may come in beside `open` others; somebody may have to go for it.
fn has_room(open: usize, limit: usize, seats: &Seats) -> bool {
    open < limit || (open < limit + LEAVING && seats.want_one(Instant::now()))
}

/// Tells some to go, as far as there are any that are not being answered.
fn make_room(seats: &Seats) {
    for _ in 0..GO_AT_ONCE {
        if !seats.want_one(Instant::now()) {
            return;
        }
    }
}

async fn drain(mut connections: JoinSet<()>, within: Duration) -> Drained {
    let all_ended = async {
        while let Some(ended) = connections.join_next().await {
            note(ended);
        }
    };
    let _ = timeout(within, all_ended).await;
    let cut = connections.len();
    connections.shutdown().await;
    info!(connections.cut = cut, "stopped serving");
    Drained { cut }
}

fn note(ended: Result<(), JoinError>) {
    if let Err(e) = ended {
        error!(
            error = &e as &dyn Error,
            "a handler panicked and cost its connection"
        );
    }
}

/// Whether the client left between its knock and our answer, which is no trouble of ours.
fn is_of_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}
