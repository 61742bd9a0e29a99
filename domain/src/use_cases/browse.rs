//! People look around.

use std::sync::Arc;

use crate::model::{AlbumDetails, AlbumFilter, AlbumId, Artist, Caller, Page, PageRequest, Viewer};
use crate::ports::{AlbumRepo, ArtistRepo, PortError};

/// Shows artists and albums to those who may see them.
pub struct BrowseUseCase {
    artists: Arc<dyn ArtistRepo>,
    albums: Arc<dyn AlbumRepo>,
}

impl BrowseUseCase {
    /// Shows what is in `artists` and `albums`.
    pub fn new(artists: Arc<dyn ArtistRepo>, albums: Arc<dyn AlbumRepo>) -> Self {
        Self { artists, albums }
    }

    /// Artists whose stage name contains `search`; everybody may see them.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn artists(
        &self,
        search: Option<String>,
        page: PageRequest,
    ) -> Result<Page<Artist>, PortError> {
        self.artists.list(search, page).await
    }

    /// The albums that `filter` asks for and the caller may see.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn albums(
        &self,
        caller: Option<&Caller>,
        filter: &AlbumFilter,
        page: PageRequest,
    ) -> Result<Page<AlbumDetails>, PortError> {
        self.albums.list(filter, Viewer::of(caller), page).await
    }

    /// One album; `None` when there is none or the caller may not see it.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    pub async fn album(
        &self,
        caller: Option<&Caller>,
        id: AlbumId,
    ) -> Result<Option<AlbumDetails>, PortError> {
        let found = self.albums.get(id).await?;
        Ok(found.filter(|details| Viewer::of(caller).sees(&details.album)))
    }
}
