//! An album is edited or deleted by those who may.

use std::sync::Arc;

use crate::model::{AlbumDetails, AlbumEdit, AlbumId, Caller, Viewer};
use crate::ports::{AlbumRepo, EditAlbumError, PortError};

/// Edits and deletes albums. Neither sends a mail.
pub struct ChangeAlbumUseCase {
    albums: Arc<dyn AlbumRepo>,
}

/// Why an album was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeAlbumError {
    /// There is none, or the caller may not see it.
    #[error("there is no such album")]
    NotFound,
    /// The caller sees it but it is another's.
    #[error("this album is not yours")]
    NotYours,
    /// The artist has another album of this name.
    #[error("this artist has an album of this name")]
    NameTaken,
    /// The store failed.
    #[error("the album could not be changed")]
    Port(#[from] PortError),
}

impl ChangeAlbumUseCase {
    /// Changes albums of `albums`.
    pub fn new(albums: Arc<dyn AlbumRepo>) -> Self {
        Self { albums }
    }

    /// Changes an album of the caller's and answers with what it is now.
    ///
    /// Whether it is approved only staff decide: for others that part of `edit` is left out.
    ///
    /// # Errors
    ///
    /// See [`ChangeAlbumError`]; nothing is changed by a refusal.
    pub async fn edit(
        &self,
        caller: &Caller,
        id: AlbumId,
        edit: AlbumEdit,
    ) -> Result<AlbumDetails, ChangeAlbumError> {
        self.check(caller, id).await?;
        let is_approved = edit.is_approved.filter(|_| caller.account.is_staff);
        let edit = AlbumEdit {
            is_approved,
            ..edit
        };
        match self.albums.edit(id, &edit).await {
            Ok(Some(details)) => Ok(details),
            Ok(None) => Err(ChangeAlbumError::NotFound),
            Err(EditAlbumError::NameTaken) => Err(ChangeAlbumError::NameTaken),
            Err(EditAlbumError::Port(error)) => Err(error.into()),
        }
    }

    /// Deletes an album of the caller's. A mail about it that is not yet sent is not sent any more.
    ///
    /// # Errors
    ///
    /// See [`ChangeAlbumError`].
    pub async fn delete(&self, caller: &Caller, id: AlbumId) -> Result<(), ChangeAlbumError> {
        self.check(caller, id).await?;
        if self.albums.remove(id).await? {
            Ok(())
        } else {
            Err(ChangeAlbumError::NotFound)
        }
    }

    async fn check(&self, caller: &Caller, id: AlbumId) -> Result<(), ChangeAlbumError> {
        let viewer = Viewer::of(Some(caller));
        match self.albums.get(id).await? {
            Some(details) if viewer.owns(&details.album) => Ok(()),
            Some(details) if viewer.sees(&details.album) => Err(ChangeAlbumError::NotYours),
            _ => Err(ChangeAlbumError::NotFound),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use pollster::block_on;
    use uuid::Uuid;

    use super::*;
    use crate::model::{
        Account, AccountId, Album, AlbumName, Artist, ArtistId, EmailAddress, StageName, Username,
    };
    use crate::ports::MockAlbumRepo;

    fn artist(number: u128) -> Artist {
        Artist {
            id: ArtistId::new(Uuid::from_u128(number)),
            account_id: AccountId::new(Uuid::from_u128(number)),
            stage_name: StageName::try_from(format!("artist {number}")).expect("a stage name"),
            social_link: None,
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    fn caller(number: u128, is_staff: bool) -> Caller {
        let account = Account {
            id: AccountId::new(Uuid::from_u128(number)),
            username: Username::try_from(format!("user{number}")).expect("a username"),
            email: EmailAddress::try_from(format!("user{number}@example.com")).expect("an address"),
            bio: None,
            is_staff,
            created_at: DateTime::UNIX_EPOCH,
        };
        Caller {
            account,
            artist: Some(artist(number)),
        }
    }

    fn album(is_approved: bool) -> AlbumDetails {
        let artist = artist(1);
        let album = Album {
            id: AlbumId::new(Uuid::from_u128(7)),
            artist_id: artist.id,
            name: AlbumName::try_from("First".to_owned()).expect("a name"),
            release_date: None,
            cost: None,
            is_approved,
            created_at: DateTime::UNIX_EPOCH,
        };
        AlbumDetails { album, artist }
    }

    fn approving(caller: &Caller, is_approved: bool) -> Result<AlbumDetails, ChangeAlbumError> {
        let mut albums = MockAlbumRepo::new();
        albums
            .expect_get()
            .returning(move |_| Ok(Some(album(is_approved))));
        albums.expect_edit().returning(move |_, edit| {
            let AlbumDetails { album, artist } = album(is_approved);
            Ok(Some(AlbumDetails {
                album: edit.clone().apply(album),
                artist,
            }))
        });
        let edit = AlbumEdit {
            is_approved: Some(true),
            ..AlbumEdit::default()
        };
        block_on(ChangeAlbumUseCase::new(Arc::new(albums)).edit(
            caller,
            AlbumId::new(Uuid::from_u128(7)),
            edit,
        ))
    }

    #[test]
    fn only_staff_approve_and_an_owner_who_tries_changes_nothing() {
        assert!(approving(&caller(2, true), false).is_ok_and(|details| details.album.is_approved));
        assert!(
            approving(&caller(1, false), false).is_ok_and(|details| !details.album.is_approved)
        );
    }

    #[test]
    fn another_artists_album_is_forbidden_when_seen_and_absent_when_not() {
        assert!(matches!(
            approving(&caller(2, false), true),
            Err(ChangeAlbumError::NotYours)
        ));
        assert!(matches!(
            approving(&caller(2, false), false),
            Err(ChangeAlbumError::NotFound)
        ));
    }
}
