//! Makes access tokens.

use std::fmt;

/// Makes access tokens that nobody can guess, and what is kept of them.
#[cfg_attr(test, mockall::automock)]
pub trait TokenSource: Send + Sync {
    /// A new token of 256 random bits.
    fn generate(&self) -> AccessToken;

    /// The digest of `token`: the same for the same token, and no way back.
    fn digest(&self, token: &str) -> TokenDigest;
}

/// What a client shows to prove who it is. Told once, kept by nobody here.
#[derive(Clone)]
pub struct AccessToken(String);

impl AccessToken {
    /// A token with this text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The token itself, for the one who may have it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

/// What is kept of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest(pub [u8; 32]);

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(..)")
    }
}
