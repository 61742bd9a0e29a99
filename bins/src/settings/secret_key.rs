//! `SECRET_KEY`: what nobody else may know.

use std::fmt;
use std::str::FromStr;

/// A secret of at least 32 characters; longer than anybody guesses.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(String);

/// Why a text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is shorter than {LEAST} characters; write a long random text, as `openssl rand -hex 32` makes it, \
     or remove it and let one be made"
)]
pub struct SecretKeyError;

const LEAST: usize = 32;

impl SecretKey {
    /// The secret itself, for the one who signs.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretKey {
    type Err = SecretKeyError;

    fn from_str(text: &str) -> Result<Self, SecretKeyError> {
        if text.chars().count() < LEAST {
            return Err(SecretKeyError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_and_not_shown() {
        let long = "hunter2-".repeat(4);

        let key: SecretKey = long.parse().expect("32 characters");
        assert_eq!(key.reveal(), long);
        assert_eq!(format!("{key:?}"), "SecretKey(..)");
        assert_eq!(long[1..].parse::<SecretKey>(), Err(SecretKeyError));
    }
}
