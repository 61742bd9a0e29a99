//! Who is quiet, since when, and who does not want to be reminded of it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::PortError;
use crate::model::{Artist, ArtistId};

/// Knows which artists are quiet, and whom to leave alone.
///
/// An artist is quiet since the youngest of their albums was published; one without an
/// album, since they became an artist. Albums that were deleted do not count.
#[async_trait]
pub trait ReminderRepo: Send + Sync {
    /// Looks at up to `most` artists, by id, from the first that comes after `after` (from
    /// the very first for `None`), and answers those who are quiet since before `before` and
    /// have not unsubscribed.
    ///
    /// However few those are, no more than `most` artists are looked at: so long takes a
    /// call, whoever is stored.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn quiet(
        &self,
        after: Option<ArtistId>,
        most: u32,
        before: DateTime<Utc>,
    ) -> Result<QuietSlice, PortError>;

    /// What is known of this artist's silence, at this moment; `None` when there is no such artist.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn silence(&self, id: ArtistId) -> Result<Option<Silence>, PortError>;

    /// Stores that this artist wants no reminders, for good; doing it again changes nothing.
    ///
    /// Answers whether there is such an artist.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; whether it is stored is unknown then.
    async fn unsubscribe(&self, id: ArtistId) -> Result<bool, PortError>;
}

/// Some artists, one after the other by id, and who of them is quiet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuietSlice {
    /// The quiet ones, by id.
    pub quiet: Vec<QuietArtist>,
    /// How many artists were looked at.
    pub scanned: u32,
    /// The last artist looked at, after whom there may be more; `None` when there are none.
    pub more_after: Option<ArtistId>,
}

/// An artist who is quiet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietArtist {
    /// Who.
    pub id: ArtistId,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// How things stand between an artist and their listeners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Who is silent.
    pub artist: Artist,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Whether they want no reminders.
    pub is_unsubscribed: bool,
}
