//! What machines ask all day: is it alive, is it ready.

use serde_json::json;
use warp::reply::Response;

use super::api::Api;
use super::problem::Problem;
use super::reply;

/// `GET /healthz`: the process runs. Touches nothing else.
pub(super) fn alive() -> Response {
    reply::ok(&json!({ "status": "ok" }))
}

/// `GET /readyz`: requests can be served.
pub(super) async fn ready(api: &Api) -> Result<Response, Problem> {
    api.readiness.ready().await?;
    Ok(alive())
}
