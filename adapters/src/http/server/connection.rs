//! One client's connection, from its first byte to its last.

use std::convert::Infallible;
use std::error::Error;
use std::future::{poll_fn, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};
use warp::Reply;
use warp::http::StatusCode;
use warp::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use warp::reply::Response;

use super::linger::linger;
use super::seats::Seat;
use super::upload::Upload;
use super::{Peer, ServerLimits};
use crate::http::safe_headers;

/// A request's head may be this long; a longer one is answered 431.
const HEAD_BYTES: usize = 16 * 1024;

const NO_PATH: &str = r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"the request names no path"}"#;

const LATE: &str = r#"{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"the request took too long, try again later"}"#;

/// Answers the requests of one client until it leaves, breaks a limit, somebody else wants its
/// seat, or `stop` is cancelled; then the running request is still answered, and nothing after it.
pub(super) async fn converse<A>(
    stream: TcpStream,
    address: SocketAddr,
    answers: A,
    limits: ServerLimits,
    seat: Seat,
    stop: CancellationToken,
) where
    A: Service<Request<Upload>, Response = Response, Error = Infallible>,
    A::Future: Send + 'static,
{
    let seat = Arc::new(seat);
    if let Err(e) = stream.set_nodelay(true) {
        debug!(error = &e as &dyn Error, "cannot switch off Nagle's delay");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.stall));

    let peer = Peer::from(address);
    let service = service_fn(|mut request: Request<Incoming>| {
        // Only proxies are asked so (`CONNECT host:port`), and warp cannot bear it.
        if request.uri().path_and_query().is_none() {
            return ready(Ok(no_path())).boxed();
        }
        request.extensions_mut().insert(peer);
        seat.works();
        let request = request.map(|body| Upload::new(body, seat.clone()));
        let (seat, answer) = (seat.clone(), answers.call(request));
        async move {
            let answer = in_time(limits.request, answer).await;
            seat.waits();
            answer
        }
        .boxed()
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);

    // Not the connection's own future: that one closes the socket itself, and a client
    // still sending a body nobody wants would lose the answer with it.
    let served = poll_fn(|cx| connection.poll_without_shutdown(cx));
    let ended = tokio::select! {
        // Served first: a request that is here already is answered, whoever wants the seat.
        biased;
        ended = served => Some(ended),
        () = seat.wanted() => None,
        () = stop.cancelled() => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None if seat.is_wanted_and_idle() => return,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        }
    };
    match ended {
        Err(e) if !e.is_parse() => debug!(error = &e as &dyn Error, "a connection broke"),
        _ => {
            let stream = connection.into_parts().io.into_inner();
            tokio::select! {
                () = linger(stream) => {}
                () = seat.wanted() => {}
                () = stop.cancelled() => {}
            }
        }
    }
}

async fn in_time(
    within: Duration,
    answer: impl Future<Output = Result<Response, Infallible>>,
) -> Result<Response, Infallible> {
    timeout(within, answer).await.unwrap_or_else(|_| {
        warn!("gave up a request after {within:?}");
        Ok(late())
    })
}

fn late() -> Response {
    let mut response = last(StatusCode::SERVICE_UNAVAILABLE, LATE);
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, super::ONE_SECOND);
    response
}

fn no_path() -> Response {
    last(StatusCode::BAD_REQUEST, NO_PATH)
}

/// The last answer of a connection.
fn last(status: StatusCode, problem: &'static str) -> Response {
    let mut response = problem.into_response();
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, super::PROBLEM);
    headers.insert(CONNECTION, super::CLOSE);
    safe_headers::add_to(headers);
    response
}
