//! Keeps artists.

use async_trait::async_trait;

use super::PortError;
use crate::model::{Artist, ArtistId, Page, PageRequest};

/// Keeps artists.
#[async_trait]
pub trait ArtistRepo: Send + Sync {
    /// Stores a new artist.
    ///
    /// # Errors
    ///
    /// An account is at most one artist, and stage names are compared without regard to
    /// case; a refusal stores nothing.
    async fn add(&self, artist: &Artist) -> Result<(), AddArtistError>;

    /// The artist with this id.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn get(&self, id: ArtistId) -> Result<Option<Artist>, PortError>;

    /// The artists whose stage name contains `search` without regard to case (all for
    /// `None`), by when they became artists, then by id.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn list(
        &self,
        search: Option<String>,
        page: PageRequest,
    ) -> Result<Page<Artist>, PortError>;
}

/// Why an artist was not stored.
#[derive(Debug, thiserror::Error)]
pub enum AddArtistError {
    /// There is no such account.
    #[error("there is no such account")]
    UnknownAccount,
    /// The account is an artist already.
    #[error("this account is an artist already")]
    AlreadyArtist,
    /// Somebody has this stage name.
    #[error("an artist with this stage name exists")]
    StageNameTaken,
    /// The store failed.
    #[error("the artist could not be stored")]
    Port(#[from] PortError),
}
