//! What is published.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::text::text_value;
use super::{AlbumId, Artist, ArtistId, Caller, Price};

text_value!(
    /// The name of an album: one line of up to 200 characters.
    ///
    /// Unique per artist without regard to case.
    AlbumName, at most 200, One
);

/// A work somebody has published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Album {
    /// Which album this is.
    pub id: AlbumId,
    /// Who published it.
    pub artist_id: ArtistId,
    /// What it is called.
    pub name: AlbumName,
    /// The day it came or comes out.
    pub release_date: Option<NaiveDate>,
    /// What it costs; `None` when that is not said.
    pub cost: Option<Price>,
    /// Whether staff have approved it, so that everybody sees it.
    pub is_approved: bool,
    /// When it was published here.
    pub created_at: DateTime<Utc>,
}

/// An album together with who made it, as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlbumDetails {
    /// The album.
    pub album: Album,
    /// Its artist.
    pub artist: Artist,
}

/// What is changed on an album; `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlbumEdit {
    /// The new name.
    pub name: Option<AlbumName>,
    /// The new day.
    pub release_date: Option<Option<NaiveDate>>,
    /// The new price.
    pub cost: Option<Option<Price>>,
    /// Whether everybody sees it; staff alone decide that.
    pub is_approved: Option<bool>,
}

impl AlbumEdit {
    /// `album` with this edit done to it.
    pub fn apply(self, album: Album) -> Album {
        Album {
            name: self.name.unwrap_or(album.name),
            release_date: self.release_date.unwrap_or(album.release_date),
            cost: self.cost.unwrap_or(album.cost),
            is_approved: self.is_approved.unwrap_or(album.is_approved),
            ..album
        }
    }
}

/// Which albums somebody asks for; every condition that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlbumFilter {
    /// A part of the name, without regard to case.
    pub name_contains: Option<String>,
    /// The lowest price; an album without one is left out.
    pub cost_at_least: Option<Price>,
    /// The highest price; an album without one is left out.
    pub cost_at_most: Option<Price>,
    /// Whose albums.
    pub artist: Option<ArtistId>,
}

/// Whose eyes an album is shown to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Anybody: approved albums.
    Public,
    /// An artist: approved albums and their own.
    Artist(ArtistId),
    /// Staff: every album.
    Staff,
}

impl Viewer {
    /// The eyes of `caller`, or of nobody in particular.
    pub fn of(caller: Option<&Caller>) -> Self {
        match caller {
            Some(caller) if caller.account.is_staff => Self::Staff,
            Some(Caller {
                artist: Some(artist),
                ..
            }) => Self::Artist(artist.id),
            _ => Self::Public,
        }
    }

    /// Whether these eyes may see `album`.
    pub fn sees(self, album: &Album) -> bool {
        album.is_approved || self.owns(album)
    }

    /// Whether this viewer may change and delete `album`.
    pub fn owns(self, album: &Album) -> bool {
        match self {
            Self::Public => false,
            Self::Artist(id) => album.artist_id == id,
            Self::Staff => true,
        }
    }
}
