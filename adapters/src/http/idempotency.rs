//! What makes a repeated request the same request.

use domain::model::ValueError;
use domain::ports::{Fingerprint, IdempotencyKey};
use sha2::{Digest, Sha256};
use warp::http::HeaderMap;

use super::problem::{Errors, Problem};

/// The header a client repeats with its request.
const KEY: &str = "Idempotency-Key";

/// The key of the request, if it has one, and what its body says.
pub(super) fn once(
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<(IdempotencyKey, Fingerprint)>, Problem> {
    let mut given = headers.get_all(KEY).iter();
    let Some(header) = given.next() else {
        return Ok(None);
    };
    let key = match (header.to_str(), given.next()) {
        (Ok(text), None) => IdempotencyKey::try_from(text.to_owned()),
        (_, Some(_)) => Err(ValueError::Rule("may be given only once")),
        (Err(_), None) => IdempotencyKey::try_from(String::new()),
    };
    match key {
        Ok(key) => Ok(Some((key, Fingerprint(Sha256::digest(body).into())))),
        Err(error) => {
            let mut errors = Errors::default();
            errors.note(KEY, &error);
            Err(Problem::invalid(errors))
        }
    }
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
    fn equal_bodies_have_equal_fingerprints_and_others_have_not() {
        let fingerprint = |body: &str| {
            once(&given(&["k"]), body.as_bytes()).map(|once| once.map(|(_, print)| print))
        };

        assert_eq!(fingerprint("{}").ok(), fingerprint("{}").ok());
        assert_ne!(fingerprint("{}").ok(), fingerprint("{ }").ok());
    }

    #[test]
    fn a_key_is_optional_but_must_be_one() {
        assert!(once(&given(&[]), b"").is_ok_and(|once| once.is_none()));
        for keys in [&["a", "b"][..], &[""], &["a b"], &["a\tb"]] {
            assert!(once(&given(keys), b"").is_err(), "{keys:?}");
        }
    }
}
