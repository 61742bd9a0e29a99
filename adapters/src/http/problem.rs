//! Refusals, each a problem document (RFC 9457) with the words Django REST framework uses.

mod errors;

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use domain::ports::{PortError, Severity};
use serde::Serialize;
use tracing::{error, warn};
use warp::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use warp::http::{HeaderName, HeaderValue, Method, StatusCode};
use warp::reply::Response;

pub(super) use self::errors::Errors;
use super::reply;

/// Why a request is not answered as its sender wishes.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    detail: Cow<'static, str>,
    errors: Errors,
    hint: Hint,
}

/// What the client is told in a header.
#[derive(Debug)]
enum Hint {
    None,
    Challenge,
    Allow(&'static str),
    RetryAfter { seconds: u64 },
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Errors::is_empty")]
    errors: &'a Errors,
}

impl Problem {
    /// 400: the request cannot be understood.
    pub(super) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 400: fields or parameters are wrong.
    pub(super) fn invalid(errors: Errors) -> Self {
        Self {
            errors,
            ..Self::bad_request("Some values are missing or wrong; see errors.")
        }
    }

    /// 401: nobody shows who they are.
    pub(super) fn unauthenticated() -> Self {
        Self::unauthorized("Authentication credentials were not provided.")
    }

    /// 401: the token is not good (any more).
    pub(super) fn invalid_token() -> Self {
        Self::unauthorized("Invalid token.")
    }

    /// 401 for any reason.
    pub(super) fn unauthorized(detail: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail).with(Hint::Challenge)
    }

    /// 403
    pub(super) fn forbidden(detail: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 403: it belongs to somebody else.
    pub(super) fn not_yours() -> Self {
        Self::forbidden("You do not have permission to perform this action.")
    }

    /// 404
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found.")
    }

    /// 405
    pub(super) fn not_allowed(method: &Method, allow: &'static str) -> Self {
        let detail = format!("Method \"{method}\" not allowed.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail).with(Hint::Allow(allow))
    }

    /// 408
    pub(super) fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "The body took too long to arrive.",
        )
    }

    /// 409: it would be a second one of what there can be one of.
    pub(super) fn conflict(field: &'static str, sentence: &'static str) -> Self {
        let mut errors = Errors::default();
        errors.say(field, sentence);
        Self {
            errors,
            ..Self::new(StatusCode::CONFLICT, sentence)
        }
    }

    /// 409 that no one field is to blame for.
    pub(super) fn already(detail: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 413
    pub(super) fn too_large(limit: usize) -> Self {
        let detail = format!("The body is longer than {limit} bytes.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// 415
    pub(super) fn unsupported_media(declared: Option<&HeaderValue>) -> Self {
        let declared = declared.map_or(String::new(), |declared| {
            String::from_utf8_lossy(declared.as_bytes()).into_owned()
        });
        let detail = format!(
            "Unsupported media type \"{declared}\" in request; send application/json in UTF-8."
        );
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
    }

    /// 422: the idempotency key was used for another request.
    pub(super) fn key_reused() -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This Idempotency-Key was used for another request.",
        )
    }

    /// 429
    pub(super) fn throttled(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(0 < wait.subsec_nanos());
        let detail = format!("Request was throttled. Expected available in {seconds} seconds.");
        Self::new(StatusCode::TOO_MANY_REQUESTS, detail).with(Hint::RetryAfter { seconds })
    }

    /// 503: asking again may help.
    pub(super) fn busy(detail: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).with(Hint::RetryAfter { seconds: 1 })
    }

    /// The document, with its status and headers.
    pub(super) fn into_response(self) -> Response {
        let document = Document {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Problem"),
            status: self.status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
        };
        let mut response = reply::document(self.status, "application/problem+json", &document);
        response.headers_mut().extend(self.hint.header());
        response
    }

    fn new(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            detail: detail.into(),
            errors: Errors::default(),
            hint: Hint::None,
        }
    }

    fn with(self, hint: Hint) -> Self {
        Self { hint, ..self }
    }
}

impl Hint {
    fn header(self) -> Option<(HeaderName, HeaderValue)> {
        match self {
            Self::None => None,
            Self::Challenge => Some((WWW_AUTHENTICATE, HeaderValue::from_static("Token"))),
            Self::Allow(methods) => Some((ALLOW, HeaderValue::from_static(methods))),
            Self::RetryAfter { seconds } => Some((RETRY_AFTER, seconds.into())),
        }
    }
}

/// Here a failure of a port ends: it is told to the log, and to the client only that it was.
impl From<PortError> for Problem {
    fn from(failure: PortError) -> Self {
        let cause = &failure as &dyn Error;
        match failure.severity {
            Severity::Transient => {
                warn!(error = cause, "a request was not answered, for now");
                Self::busy("the service is busy or a part of it is away, try again shortly")
            }
            Severity::Permanent => {
                error!(error = cause, "a request could not be answered");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "something went wrong here",
                )
            }
        }
    }
}
