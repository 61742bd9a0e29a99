//! Argon2id in memory that is used again.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{self, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// What OWASP asks of Argon2id: 19 MiB of memory, two passes, one lane.
const PARAMS: Params = Params::DEFAULT;

/// Hashes one password at a time.
///
/// It keeps the memory that this takes: given back each time, the allocator would hold as
/// much for every thread that ever hashed.
pub(super) struct Hasher {
    blocks: Vec<Block>,
}

impl Hasher {
    pub(super) fn new() -> Self {
        Self {
            blocks: vec![Block::default(); PARAMS.block_count()],
        }
    }

    /// Hashes `password` with a fresh salt.
    pub(super) fn hash(&mut self, password: &str) -> password_hash::Result<PasswordHash> {
        let salt = Salt::generate();
        let output = self.output(password, &salt)?;
        Ok(phc(salt, output))
    }

    /// Whether `hash` was made of `password`, with whatever cost it names. Compares in constant time.
    pub(super) fn fits(
        &mut self,
        password: &str,
        hash: &PasswordHash,
    ) -> password_hash::Result<bool> {
        let (Some(salt), Some(output)) = (&hash.salt, &hash.hash) else {
            return Err(password_hash::Error::EncodingInvalid);
        };
        if is_ours(hash)? && output.len() == Params::DEFAULT_OUTPUT_LEN {
            return Ok(self.output(password, salt)? == *output);
        }
        match argon2().verify_password(password.as_bytes(), hash) {
            Ok(()) => Ok(true),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn output(&mut self, password: &str, salt: &Salt) -> password_hash::Result<Output> {
        let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
        argon2().hash_password_into_with_memory(
            password.as_bytes(),
            salt.as_ref(),
            &mut output,
            self.blocks.as_mut_slice(),
        )?;
        Ok(Output::new(&output)?)
    }
}

/// A hash that no password fits and that costs as much as a real one.
pub(super) fn decoy() -> PasswordHash {
    let output: [u8; Params::DEFAULT_OUTPUT_LEN] = rand::random();
    let output = Output::new(&output).expect("32 bytes are a valid output");
    phc(Salt::generate(), output)
}

fn phc(salt: Salt, output: Output) -> PasswordHash {
    PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&PARAMS).expect("the parameters are valid"),
        salt: Some(salt),
        hash: Some(output),
    }
}

/// Whether `hash` was made at the cost of today.
fn is_ours(hash: &PasswordHash) -> password_hash::Result<bool> {
    let ours = phc(
        Salt::generate(),
        Output::new(&[0; Params::DEFAULT_OUTPUT_LEN])?,
    );
    Ok((&hash.algorithm, hash.version, &hash.params)
        == (&ours.algorithm, ours.version, &ours.params))
}

fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, PARAMS)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use argon2::password_hash::PasswordHasher as _;

    use super::*;

    #[test]
    fn what_others_hashed_fits_at_whatever_cost() {
        let mut hasher = Hasher::new();
        let cheap = Argon2::new(
            Algorithm::Argon2i,
            Version::V0x13,
            Params::new(64, 1, 1, None).unwrap(),
        );
        for argon2 in [argon2(), cheap] {
            let hash = argon2.hash_password(b"secret").unwrap();

            assert!(hasher.fits("secret", &hash).unwrap());
            assert!(!hasher.fits("other", &hash).unwrap());
        }
    }

    #[test]
    fn others_verify_what_was_hashed_here_time_and_again() {
        let mut hasher = Hasher::new();
        for password in ["secret", "another", ""] {
            let hash = hasher.hash(password).unwrap();

            assert_eq!(argon2().verify_password(password.as_bytes(), &hash), Ok(()));
        }
    }
}
