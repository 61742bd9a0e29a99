//! What makes a repeated request the same request.

use domain::model::ValueError;
use domain::ports::{Fingerprint, IdempotencyKey};
use sha2::{Digest, Sha256};
use warp::http::HeaderMap;

use super::problem::{Errors, Problem};

/// The header a client repeats with its request.
const KEY: &str = "Idempotency-Key";

/// The key of the request, if it has one.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let mut given = headers.get_all(KEY).iter();
    let Some(header) = given.next() else {
        return Ok(None);
    };
    let key = match given.next() {
        None => IdempotencyKey::try_from(header.to_str().unwrap_or_default().to_owned()),
        Some(_) => Err(ValueError::Rule("may be given only once")),
    };
    key.map(Some).map_err(|error| {
        let mut errors = Errors::default();
        errors.note(KEY, &error);
        Problem::invalid(errors)
    })
}

/// What a request says: its body, byte for byte.
pub(super) fn fingerprint(body: &[u8]) -> Fingerprint {
    Fingerprint(Sha256::digest(body).into())
}

#[cfg(test)]
mod tests {
    use warp::http::HeaderValue;

    use super::*;

    fn given(keys: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for key in keys {
            headers.append(KEY, HeaderValue::from_static(key));
        }
        headers
    }

    #[test]
    fn a_key_is_optional_but_must_be_one() {
        assert!(key(&given(&[])).is_ok_and(|key| key.is_none()));
        assert!(key(&given(&["a-b"])).is_ok_and(|key| key.is_some()));
        for keys in [&["a", "b"][..], &["a", "a"], &[""], &["a b"], &["a\tb"]] {
            assert!(key(&given(keys)).is_err(), "{keys:?}");
        }
    }
}
