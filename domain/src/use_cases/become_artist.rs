//! An account becomes an artist.

use std::sync::Arc;

use crate::model::{Artist, ArtistId, Caller, SocialLink, StageName};
use crate::ports::{AddArtistError, ArtistRepo, Clock};

/// What an artist is known by.
#[derive(Clone, Debug)]
pub struct BecomeArtist {
    /// The id of the artist to be.
    pub id: ArtistId,
    /// The name they are known by.
    pub stage_name: StageName,
    /// Where they can be found elsewhere.
    pub social_link: Option<SocialLink>,
}

/// Makes artists of accounts.
pub struct BecomeArtistUseCase {
    artists: Arc<dyn ArtistRepo>,
    clock: Arc<dyn Clock>,
}

impl BecomeArtistUseCase {
    /// Stores artists in `artists`.
    pub fn new(artists: Arc<dyn ArtistRepo>, clock: Arc<dyn Clock>) -> Self {
        Self { artists, clock }
    }

    /// Makes an artist of the caller.
    ///
    /// # Errors
    ///
    /// See [`AddArtistError`]: an account is at most one artist.
    pub async fn run(
        &self,
        caller: &Caller,
        request: BecomeArtist,
    ) -> Result<Artist, AddArtistError> {
        let BecomeArtist {
            id,
            stage_name,
            social_link,
        } = request;
        let artist = Artist {
            id,
            account_id: caller.account.id,
            stage_name,
            social_link,
            created_at: self.clock.now(),
        };
        self.artists.add(&artist).await?;
        Ok(artist)
    }
}
