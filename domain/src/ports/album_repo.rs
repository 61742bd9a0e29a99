//! Keeps albums.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::PortError;
use crate::model::{
    AlbumDetails, AlbumEdit, AlbumFilter, AlbumId, Page, PageRequest, ValueError, Viewer,
};
use crate::tasks::Envelope;

/// Keeps albums.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait AlbumRepo: Send + Sync {
    /// Stores a new album, queues `follow_up`, and keeps the answer for its idempotency
    /// key: all or nothing.
    ///
    /// After `Ok`, a crash at any later point loses none of them. With a key that is
    /// already kept for this artist and the same fingerprint the answer is
    /// [`Added::Repeated`] with the album as it was first answered, and nothing changes;
    /// of several such calls at once one is [`Added::New`]. A kept answer ends at its
    /// `keep_until`, judged by the clock of the store: from then on the key is free.
    ///
    /// # Errors
    ///
    /// See [`AddAlbumError`]; after a refusal nothing can be seen by anybody. After
    /// [`AddAlbumError::Port`] all or nothing is stored.
    async fn add(&self, new: &NewAlbum, follow_up: &Envelope) -> Result<Added, AddAlbumError>;

    /// The album with this id, and its artist.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn get(&self, id: AlbumId) -> Result<Option<AlbumDetails>, PortError>;

    /// The albums that `viewer` sees and `filter` asks for, the newest first, then by id.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn list(
        &self,
        filter: &AlbumFilter,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Page<AlbumDetails>, PortError>;

    /// Changes an album and answers with what it is now; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`EditAlbumError::NameTaken`] when the artist has another album of this name; nothing
    /// is changed then.
    async fn edit(
        &self,
        id: AlbumId,
        edit: &AlbumEdit,
    ) -> Result<Option<AlbumDetails>, EditAlbumError>;

    /// Removes an album; `false` when there was none.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; removing again is harmless.
    async fn remove(&self, id: AlbumId) -> Result<bool, PortError>;
}

/// An album to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAlbum {
    /// The album and its artist, as they are answered.
    pub details: AlbumDetails,
    /// The key under which the answer is kept, if the client gave one.
    pub once: Option<Once>,
}

/// What makes a repeated request one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// The key the client chose; its own for each artist.
    pub key: IdempotencyKey,
    /// What the request said.
    pub fingerprint: Fingerprint,
    /// Until when the answer is kept.
    pub keep_until: DateTime<Utc>,
}

/// The key of a request that may be repeated: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        let is_fine =
            (1..=255).contains(&text.len()) && text.bytes().all(|each| each.is_ascii_graphic());
        if is_fine {
            Ok(Self(text))
        } else {
            Err(ValueError::Rule(
                "must be 1 to 255 visible ASCII characters",
            ))
        }
    }
}

/// A digest of what a request said: equal for equal requests, and for no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// What became of a new album.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is stored and its follow-up queued.
    New,
    /// The same request was answered before, with this.
    Repeated(AlbumDetails),
}

/// Why an album was not stored.
#[derive(Debug, thiserror::Error)]
pub enum AddAlbumError {
    /// There is no such artist.
    #[error("there is no such artist")]
    UnknownArtist,
    /// The artist has an album of this name, or this id is taken.
    #[error("this artist has an album of this name")]
    NameTaken,
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
    /// The store failed.
    #[error("the album could not be stored")]
    Port(#[from] PortError),
}

/// Why an album was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditAlbumError {
    /// The artist has another album of this name.
    #[error("this artist has an album of this name")]
    NameTaken,
    /// The store failed.
    #[error("the album could not be changed")]
    Port(#[from] PortError),
}
