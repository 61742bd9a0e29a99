//! Signs the tokens of links with a secret that never leaves the platform.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::model::ArtistId;
use domain::ports::LinkSigner;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// What the signature is for: the same secret may sign other things, which are no tokens.
const PURPOSE: &[u8] = b"backbeat: unsubscribe from reminders, v1";
const VERSION: &str = "v1";
/// How much of a signature is shown: 128 bits.
const SIGNATURE_BYTES: usize = 16;

/// Signs with HMAC-SHA-256.
///
/// A token is `v1.<id>.<signature>`, both in base64url (RFC 4648, 5) and 16 bytes long.
pub struct HmacLinkSigner {
    keyed: Hmac<Sha256>,
}

impl HmacLinkSigner {
    /// Signs with `secret`; whoever has the same secret reads the same tokens.
    pub fn new(secret: &str) -> Self {
        Self {
            keyed: keyed(secret.as_bytes()).chain_update(PURPOSE),
        }
    }

    fn signature(&self, id: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let whole: [u8; 32] = self
            .keyed
            .clone()
            .chain_update(id)
            .finalize()
            .into_bytes()
            .into();
        let mut shown = [0; SIGNATURE_BYTES];
        shown.copy_from_slice(&whole[..SIGNATURE_BYTES]);
        shown
    }
}

impl LinkSigner for HmacLinkSigner {
    fn sign(&self, artist: ArtistId) -> String {
        let id = artist.as_uuid().into_bytes();
        let [id, signature] = [id, self.signature(&id)].map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("{VERSION}.{id}.{signature}")
    }

    fn verify(&self, token: &str) -> Option<ArtistId> {
        let mut parts = token.split('.');
        let version = parts.next()?;
        let (id, signature) = (sixteen_bytes(parts.next()?)?, sixteen_bytes(parts.next()?)?);
        if version != VERSION || parts.next().is_some() {
            return None;
        }
        let is_ours: bool = self.signature(&id).ct_eq(&signature).into();
        is_ours.then(|| ArtistId::new(Uuid::from_bytes(id)))
    }
}

fn keyed(secret: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret).expect("a key may have any length")
}

/// The sixteen bytes that `text` spells in the one way we spell them.
fn sixteen_bytes(text: &str) -> Option<[u8; 16]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a secret of more than thirty-two letters";
    const ARTIST: ArtistId =
        ArtistId::new(Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057));

    fn signer() -> HmacLinkSigner {
        HmacLinkSigner::new(SECRET)
    }

    #[test]
    fn a_token_names_its_artist_in_every_release() {
        let token = signer().sign(ARTIST);

        // Mails of years ago hold tokens: this value never changes.
        assert_eq!(token, "v1.AYkKXayWd0u8zrMCCZqAVw.trRmZQmWYrlK5CkAKVskfg");
        assert_eq!(signer().verify(&token), Some(ARTIST));
    }

    #[test]
    fn a_token_needs_no_quoting_and_says_nothing_but_the_id() {
        let token = signer().sign(ARTIST);
        let is_fine = |each: u8| each.is_ascii_alphanumeric() || b"-_.".contains(&each);

        assert!(token.bytes().all(is_fine) && token.len() == 48, "{token}");
        let other = HmacLinkSigner::new("another secret of thirty-two letters").sign(ARTIST);
        assert_eq!(token[..26], other[..26], "version and id");
        assert_ne!(token[26..], other[26..]);
    }

    #[test]
    fn a_token_of_another_secret_is_none() {
        let foreign = HmacLinkSigner::new("another secret of thirty-two letters").sign(ARTIST);

        assert_eq!(signer().verify(&foreign), None);
    }

    #[test]
    fn a_signature_for_another_artist_is_none() {
        let other = signer().sign(ArtistId::new(Uuid::from_u128(1)));
        let mixed = format!("{}{}", &signer().sign(ARTIST)[..26], &other[26..]);

        assert_eq!(signer().verify(&mixed), None);
    }

    #[test]
    fn a_bare_signature_of_the_id_is_none() {
        let id = ARTIST.as_uuid().into_bytes();
        let bare = keyed(SECRET.as_bytes()).chain_update(id).finalize();
        let parts = [&id[..], &bare.into_bytes()[..SIGNATURE_BYTES]];
        let [id, signature] = parts.map(|part| URL_SAFE_NO_PAD.encode(part));

        assert_eq!(signer().verify(&format!("v1.{id}.{signature}")), None);
    }

    #[test]
    fn a_token_changed_anywhere_is_none() {
        let token = signer().sign(ARTIST);
        for at in 0..token.len() {
            for instead in ["A", "B", "_", ".", "=", " ", "\0", "ü", ""] {
                let changed = format!("{}{instead}{}", &token[..at], &token[at + 1..]);
                if changed != token {
                    assert_eq!(signer().verify(&changed), None, "{changed}");
                }
            }
        }
        for changed in [
            String::new(),
            token[3..].to_owned(),
            format!("{token}."),
            format!("{token}A"),
            format!("{token}=="),
            format!(" {token}"),
            format!("v2{}", &token[2..]),
            token[..26].to_owned(),
            "v1..".to_owned(),
            "v1.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
            "v1.".repeat(10_000),
        ] {
            assert_eq!(signer().verify(&changed), None, "{changed:.60}");
        }
    }
}
