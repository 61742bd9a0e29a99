//! The whole API as one filter: finds the resource, bounds the time, tells what happened.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tracing::{Instrument, debug, debug_span, info, warn};
use warp::http::Method;
use warp::reply::Response;
use warp::{Filter, Reply};

use super::api::Api;
use super::problem::Problem;
use super::request::{Request, request};
use super::resource::Resource;
use super::{accounts, albums, artists, health, reply, unsubscribe};

/// How long a request may take altogether, the arrival of its body included.
const WITHIN: Duration = Duration::from_secs(10);

/// The whole API. It has an answer to every request: no rejection leaves it.
///
/// Refusals are problem documents (RFC 9457). After 10 s a request is given up with a
/// 503; whether what it asked for is done is then unknown, as after a lost connection.
pub fn routes(
    api: Arc<Api>,
) -> impl Filter<Extract = (impl Reply,), Error = Infallible, Future: Send> + Clone + Send + Sync {
    request().then(move |request| {
        let api = api.clone();
        async move { respond(&api, request).await }
    })
}

/// Answers one request and tells about it, in one line.
async fn respond(api: &Api, request: Request) -> Response {
    let begun_at = Instant::now();
    let resource = Resource::at(request.path());
    let method = request.method.clone();
    let path = shown(request.path(), resource).to_owned();
    let span = debug_span!("http.request", %method, path);

    let answer = timeout(WITHIN, dispatch(api, resource, request))
        .instrument(span)
        .await;

    let response = match answer {
        Ok(Ok(response)) => response,
        Ok(Err(problem)) => problem.into_response(),
        Err(_) => {
            warn!("gave up {method} {path} after {WITHIN:?}");
            Problem::busy("the request took too long, try again shortly").into_response()
        }
    };
    let response = reply::finished(response, &method);
    let (status, took) = (response.status().as_u16(), milliseconds(begun_at));
    if resource.is_some_and(Resource::is_probe) {
        debug!(%method, path, status, duration_ms = took, "answered {method} {path}: {status}");
    } else {
        info!(%method, path, status, duration_ms = took, "answered {method} {path}: {status}");
    }
    response
}

async fn dispatch(
    api: &Api,
    resource: Option<Resource>,
    request: Request,
) -> Result<Response, Problem> {
    let resource = resource.ok_or_else(Problem::not_found)?;
    if !resource.answers(&request.method) {
        return Err(Problem::not_allowed(&request.method, resource.allow()));
    }
    match (resource, request.effective_method()) {
        (_, Method::OPTIONS) => Ok(reply::allow(resource.allow())),
        (Resource::Register, _) => accounts::register(api, request).await,
        (Resource::LogIn, _) => accounts::log_in(api, request).await,
        (Resource::LogOut, _) => accounts::log_out(api, &request).await,
        (Resource::LogOutAll, _) => accounts::log_out_everywhere(api, &request).await,
        (Resource::Account(id), Method::PATCH) => accounts::edit(api, request, id).await,
        (Resource::Account(id), _) => accounts::show(api, &request, id).await,
        (Resource::Artists, Method::POST) => artists::add(api, request).await,
        (Resource::Artists, _) => artists::list(api, &request).await,
        (Resource::Albums, Method::POST) => albums::publish(api, request).await,
        (Resource::Albums, _) => albums::list(api, &request).await,
        (Resource::Album(id), Method::PATCH) => albums::edit(api, request, id).await,
        (Resource::Album(id), Method::DELETE) => albums::delete(api, &request, id).await,
        (Resource::Album(id), _) => albums::show(api, &request, id).await,
        (Resource::Unsubscribe, Method::POST) => unsubscribe::end(api, &request).await,
        (Resource::Unsubscribe, _) => Ok(unsubscribe::ask(api, &request)),
        (Resource::Alive, _) => Ok(health::alive()),
        (Resource::Ready, _) => health::ready(api).await,
    }
}

/// A path we know holds nothing but ids, or a token, which nobody else may use; in others a
/// client might have put anything.
fn shown(path: &str, resource: Option<Resource>) -> &str {
    match resource {
        Some(Resource::Unsubscribe) => "/unsubscribe/…",
        Some(_) => path,
        None => "an unknown path",
    }
}

fn milliseconds(begun_at: Instant) -> f64 {
    begun_at.elapsed().as_secs_f64() * 1000.0
}
