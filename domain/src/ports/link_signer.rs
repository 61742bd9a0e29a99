//! Signs what stands in links, so that whoever follows one need not log in.

use crate::model::ArtistId;

/// Makes the tokens of links by which artists unsubscribe, and reads them back.
pub trait LinkSigner: Send + Sync {
    /// The token with which its bearer unsubscribes `artist` from reminders.
    ///
    /// It is the same for the same artist, needs no quoting in a URL, says nothing but the
    /// artist's id, and never ends: people unsubscribe from old mails.
    fn sign(&self, artist: ArtistId) -> String;

    /// Whom `token` unsubscribes; `None` unless it was signed here, unchanged to the last letter.
    fn verify(&self, token: &str) -> Option<ArtistId>;
}
