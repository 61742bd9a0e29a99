//! Answers as they leave: JSON, with the headers that every one of them has.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use warp::Reply;
use warp::http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use warp::http::{HeaderValue, Method, StatusCode};
use warp::reply::Response;

use super::safe_headers;

/// 200 with `body`.
pub(super) fn ok(body: &impl Serialize) -> Response {
    json(StatusCode::OK, body)
}

/// 201 with `body`, which can be had again at `location`.
pub(super) fn created(location: &str, body: &impl Serialize) -> Response {
    let mut response = json(StatusCode::CREATED, body);
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// 204
pub(super) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// 204 with the methods that are answered.
pub(super) fn allow(methods: &'static str) -> Response {
    let mut response = no_content();
    let methods = HeaderValue::from_static(methods);
    response.headers_mut().insert(ALLOW, methods);
    response
}

/// `body` as JSON under a media type of its own.
pub(super) fn document(
    status: StatusCode,
    media_type: &'static str,
    body: &impl Serialize,
) -> Response {
    let body = serde_json::to_vec(body).expect("an answer serializes");
    bytes(status, media_type, body)
}

/// `body` as it is.
pub(super) fn bytes(status: StatusCode, media_type: &'static str, body: Vec<u8>) -> Response {
    let length = HeaderValue::from(body.len());
    let mut response = body.into_response();
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CONTENT_LENGTH, length);
    response
}

/// `response` as it goes out to a request with `method`.
pub(super) fn finished(response: Response, method: &Method) -> Response {
    let (mut parts, mut body) = response.into_parts();
    if method == Method::HEAD {
        body = String::new().into_response().into_body();
    }
    safe_headers::add_to(&mut parts.headers);
    Response::from_parts(parts, body)
}

/// An instant as it is written: ISO 8601, UTC, in microseconds.
pub(super) fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    document(status, "application/json", body)
}
