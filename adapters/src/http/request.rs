//! A request as the handlers see it.

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt, stream};
use warp::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use warp::http::{HeaderMap, HeaderValue, Method};
use warp::path::FullPath;
use warp::{Filter, Rejection};

use super::body::{BODY_BYTES, BODY_WITHIN, BodyError, read_body};
use super::problem::Problem;
use super::query::Query;
use super::server::{Peer, peer};

type Body = Pin<Box<dyn Stream<Item = Result<Bytes, warp::Error>> + Send + Sync>>;

/// One request, its body not yet read.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) query: Query,
    pub(super) headers: HeaderMap,
    /// Where it comes from, as the connection says.
    pub(super) address: IpAddr,
    path: FullPath,
    body: Body,
}

/// Extracts every request, whatever it asks for.
pub(super) fn request()
-> impl Filter<Extract = (Request,), Error = Infallible, Future: Send> + Clone + Send + Sync {
    warp::method()
        .and(warp::path::full())
        .and(query())
        .and(warp::header::headers_cloned())
        .and(peer())
        .and(body())
        .map(|method, path, query, headers, peer: Peer, body| Request {
            method,
            query,
            headers,
            address: peer.address,
            path,
            body,
        })
}

impl Request {
    /// The path as the client wrote it.
    pub(super) fn path(&self) -> &str {
        self.path.as_str()
    }

    /// The method whose answer is wanted: `GET` for `HEAD`.
    pub(super) fn effective_method(&self) -> Method {
        match self.method {
            Method::HEAD => Method::GET,
            ref method => method.clone(),
        }
    }

    /// The body, which the client must have declared to be JSON.
    pub(super) async fn json(self) -> Result<Bytes, Problem> {
        let declared = self.headers.get(CONTENT_TYPE);
        if !declared.is_some_and(is_json) {
            return Err(Problem::unsupported_media(declared));
        }
        // What is packed might be anything inside.
        let packed = self.headers.get(CONTENT_ENCODING);
        if packed.is_some_and(|packed| packed != "identity") {
            return Err(Problem::unsupported_media(packed));
        }
        read_body(self.body, BODY_BYTES, BODY_WITHIN)
            .await
            .map_err(|error| match error {
                BodyError::TooLarge { limit } => Problem::too_large(limit),
                BodyError::TooSlow { .. } => Problem::too_slow(),
                BodyError::Broken(_) => Problem::bad_request("the body broke off"),
            })
    }
}

/// `application/json`, in UTF-8 if a character set is named at all.
fn is_json(content_type: &HeaderValue) -> bool {
    let Ok(text) = content_type.to_str() else {
        return false;
    };
    let mut parts = text.split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        })
}

fn query() -> impl Filter<Extract = (Query,), Error = Infallible, Future: Send> + Clone + Send + Sync
{
    warp::query::raw()
        .or_else(|_| async { Ok::<_, Infallible>((String::new(),)) })
        .map(|raw: String| Query::parse(&raw))
}

fn body() -> impl Filter<Extract = (Body,), Error = Infallible, Future: Send> + Clone + Send + Sync
{
    warp::body::stream()
        .map(boxed)
        .or_else(|_: Rejection| async {
            let empty: Body = Box::pin(stream::empty());
            Ok::<_, Infallible>((empty,))
        })
}

fn boxed<B: Buf>(body: impl Stream<Item = Result<B, warp::Error>> + Send + Sync + 'static) -> Body {
    Box::pin(body.map(|chunk| chunk.map(|mut chunk| chunk.copy_to_bytes(chunk.remaining()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_json_in_utf_8_only() {
        for (content_type, expected) in [
            ("application/json", true),
            ("Application/JSON; Charset=UTF-8", true),
            ("application/json;charset=\"utf-8\"", true),
            ("application/json; charset=latin-1", false),
            ("application/jsonp", false),
            ("text/json", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            let header = HeaderValue::from_static(content_type);

            assert_eq!(is_json(&header), expected, "{content_type}");
        }
    }
}
