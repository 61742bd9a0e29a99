//! Tokens that nobody can guess, and the digests under which they are stored.

use std::fmt::Write;

use domain::ports::{AccessToken, TokenDigest, TokenSource};
use sha2::{Digest, Sha256};

/// Makes tokens from the system's secure generator.
///
/// A token is 64 hexadecimal digits, which need no quoting in a header, a URL or a JSON
/// string. A digest is one round of SHA-256 without salt: there are too many tokens to try.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomTokens;

impl TokenSource for RandomTokens {
    fn generate(&self) -> AccessToken {
        let bits: [u8; 32] = rand::random();
        let token = bits
            .iter()
            .fold(String::with_capacity(64), |mut hex, byte| {
                write!(hex, "{byte:02x}").expect("a string takes everything");
                hex
            });
        AccessToken::new(token)
    }

    fn digest(&self, token: &str) -> TokenDigest {
        TokenDigest(Sha256::digest(token).into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_token_is_64_hexadecimal_digits_and_new() {
        let tokens: HashSet<_> = (0..1000)
            .map(|_| RandomTokens.generate().reveal().to_owned())
            .collect();

        assert_eq!(tokens.len(), 1000);
        for token in tokens {
            assert_eq!(token.len(), 64);
            assert!(token.bytes().all(|b| b.is_ascii_hexdigit()), "{token}");
        }
    }

    #[test]
    fn the_digest_is_sha_256() {
        let TokenDigest(known) = RandomTokens.digest("abc");

        assert_eq!(known[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(known[28..], [0xf2, 0x00, 0x15, 0xad]);
    }
}
