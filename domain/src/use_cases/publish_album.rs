//! An artist publishes an album.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};

use super::CongratulateArtist;
use crate::model::{Album, AlbumDetails, AlbumId, AlbumName, Caller, Price};
use crate::ports::{
    AddAlbumError, Added, AlbumRepo, Clock, Fingerprint, IdempotencyKey, NewAlbum, Once,
};
use crate::tasks::{Envelope, QueueName};

/// How long the answer to a request with an idempotency key is kept.
pub const KEEP_ANSWERS_FOR: TimeDelta = TimeDelta::hours(24);

/// What an artist publishes.
#[derive(Clone, Debug)]
pub struct PublishAlbum {
    /// The id of the album to be.
    pub id: AlbumId,
    /// What it is called.
    pub name: AlbumName,
    /// The day it came or comes out.
    pub release_date: Option<NaiveDate>,
    /// What it costs.
    pub cost: Option<Price>,
    /// What makes a repeated request this request.
    pub once: Option<(IdempotencyKey, Fingerprint)>,
}

/// What came of publishing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// The album is stored, its congratulation queued.
    New(AlbumDetails),
    /// The same request was answered before, with this.
    Repeated(AlbumDetails),
}

/// Publishes albums.
pub struct PublishAlbumUseCase {
    albums: Arc<dyn AlbumRepo>,
    clock: Arc<dyn Clock>,
    queue: QueueName,
}

/// Why an album is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishAlbumError {
    /// Only artists publish.
    #[error("only artists publish albums")]
    NotAnArtist,
    /// The name or the key is taken, or the store failed.
    #[error(transparent)]
    Add(#[from] AddAlbumError),
}

impl PublishAlbumUseCase {
    /// Stores albums in `albums`; congratulations are queued on `queue`.
    pub fn new(albums: Arc<dyn AlbumRepo>, clock: Arc<dyn Clock>, queue: QueueName) -> Self {
        Self {
            albums,
            clock,
            queue,
        }
    }

    /// Publishes an album of the caller's; its artist is congratulated soon, once.
    ///
    /// # Errors
    ///
    /// See [`PublishAlbumError`]; after a refusal there is neither album nor mail.
    pub async fn run(
        &self,
        caller: &Caller,
        request: PublishAlbum,
    ) -> Result<Published, PublishAlbumError> {
        let artist = caller
            .artist
            .clone()
            .ok_or(PublishAlbumError::NotAnArtist)?;
        let PublishAlbum {
            id,
            name,
            release_date,
            cost,
            once,
        } = request;
        let now = self.clock.now();
        let album = Album {
            id,
            artist_id: artist.id,
            name,
            release_date,
            cost,
            is_approved: false,
            created_at: now,
        };
        let once = once.map(|(key, fingerprint)| Once {
            key,
            fingerprint,
            keep_until: now + KEEP_ANSWERS_FOR,
        });
        let congratulate = CongratulateArtist {
            artist_id: artist.id,
            album_id: id,
        };
        let follow_up = Envelope::seal(&congratulate, id, self.queue.clone());
        let new = NewAlbum {
            details: AlbumDetails { album, artist },
            once,
        };
        match self.albums.add(&new, &follow_up).await? {
            Added::New => Ok(Published::New(new.details)),
            Added::Repeated(details) => Ok(Published::Repeated(details)),
        }
    }
}
