//! The headers that keep an answer from being kept, guessed at, framed or run.

use warp::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use warp::http::{HeaderMap, HeaderValue};

/// Answers hold what only their reader may see, or what may change at any time: nobody on the
/// way keeps them. None of them is a page that loads anything, but for those with a policy of
/// their own.
const ALWAYS: [(HeaderName, &str); 4] = [
    (CACHE_CONTROL, "no-store"),
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// Puts them among `headers`; what is there already stays.
pub(super) fn add_to(headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        let value = HeaderValue::from_static(value);
        headers.entry(name).or_insert(value);
    }
}
