//! Who asks.

use domain::model::Caller;
use warp::http::HeaderMap;
use warp::http::header::AUTHORIZATION;

use super::api::Api;
use super::problem::Problem;
use super::request::Request;

/// Who asks; a refusal when nobody says so.
pub(super) async fn caller(api: &Api, request: &Request) -> Result<Caller, Problem> {
    anybody(api, request)
        .await?
        .ok_or_else(Problem::unauthenticated)
}

/// Who asks, if they say so; a token that is not good is refused even where none is needed.
pub(super) async fn anybody(api: &Api, request: &Request) -> Result<Option<Caller>, Problem> {
    let Some(token) = token(&request.headers)? else {
        return Ok(None);
    };
    match api.identify.run(token).await? {
        Some(caller) => Ok(Some(caller)),
        None => Err(Problem::invalid_token()),
    }
}

/// The token that is shown; `None` without one, or with another scheme than ours.
pub(super) fn token(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let text = header.to_str().map_err(|_| Problem::invalid_token())?;
    let (scheme, token) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let is_ours = ["token", "bearer"]
        .iter()
        .any(|ours| scheme.eq_ignore_ascii_case(ours));
    match token.trim() {
        _ if !is_ours => Ok(None),
        "" => Err(Problem::invalid_token()),
        token => Ok(Some(token)),
    }
}

#[cfg(test)]
mod tests {
    use warp::http::HeaderValue;

    use super::*;

    fn shown(header: &'static [u8]) -> Result<Option<String>, Problem> {
        let header = HeaderValue::from_bytes(header).expect("a header value");
        let headers = HeaderMap::from_iter([(AUTHORIZATION, header)]);
        token(&headers).map(|token| token.map(str::to_owned))
    }

    #[test]
    fn tokens_are_read_under_both_schemes_in_any_case() {
        for header in [
            &b"Token abc"[..],
            b"bearer abc",
            b"BEARER   abc ",
            b"token abc",
        ] {
            assert!(shown(header).is_ok_and(|token| token.as_deref() == Some("abc")));
        }
    }

    #[test]
    fn other_schemes_are_nobody_and_a_scheme_without_a_token_is_refused() {
        for header in [&b"Basic abc"[..], b"abc", b"", b"Tokenabc"] {
            assert!(shown(header).is_ok_and(|token| token.is_none()));
        }
        for header in [&b"Token"[..], b"Token  ", b"Bearer", b"Token \xff"] {
            assert!(shown(header).is_err());
        }
    }
}
