//! Albums, and the answers kept for idempotency keys.

use std::cmp::Reverse;
use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::model::{
    Album, AlbumDetails, AlbumEdit, AlbumFilter, AlbumId, ArtistId, Page, PageRequest, Viewer,
    folded,
};
use domain::ports::{
    AddAlbumError, Added, AlbumRepo, EditAlbumError, Fingerprint, IdempotencyKey, NewAlbum, Once,
    PortError,
};
use domain::tasks::Envelope;

use super::page::page;
use super::{MemoryStore, State};

/// Every album, the names that are taken, and the answers that are kept.
#[derive(Default)]
pub(super) struct Albums {
    all: HashMap<AlbumId, Album>,
    names: HashMap<(ArtistId, String), AlbumId>,
    answers: HashMap<(ArtistId, IdempotencyKey), Answer>,
}

struct Answer {
    fingerprint: Fingerprint,
    details: AlbumDetails,
    keep_until: DateTime<Utc>,
}

impl Albums {
    /// Removes up to `most` answers whose keys have ended at `now`; tells how many.
    pub(super) fn tidy_answers(&mut self, now: DateTime<Utc>, most: usize) -> u64 {
        let ended = self.answers.extract_if(|_, kept| kept.keep_until <= now);
        ended.take(most).count() as u64
    }

    /// When each artist who has albums published the youngest of them.
    pub(super) fn youngest_by_artist(&self) -> HashMap<ArtistId, DateTime<Utc>> {
        let mut youngest = HashMap::new();
        for album in self.all.values() {
            let published_at = youngest.entry(album.artist_id).or_insert(album.created_at);
            *published_at = album.created_at.max(*published_at);
        }
        youngest
    }

    fn answered(
        &self,
        artist: ArtistId,
        once: &Once,
        now: DateTime<Utc>,
    ) -> Result<Option<AlbumDetails>, AddAlbumError> {
        let answer = self.answers.get(&(artist, once.key.clone()));
        match answer.filter(|answer| now < answer.keep_until) {
            Some(answer) if answer.fingerprint == once.fingerprint => {
                Ok(Some(answer.details.clone()))
            }
            Some(_) => Err(AddAlbumError::KeyReused),
            None => Ok(None),
        }
    }

    fn insert(&mut self, album: Album) {
        self.names.insert(taken_name(&album), album.id);
        self.all.insert(album.id, album);
    }

    fn remove(&mut self, id: AlbumId) -> Option<Album> {
        let album = self.all.remove(&id)?;
        self.names.remove(&taken_name(&album));
        Some(album)
    }
}

#[async_trait]
impl AlbumRepo for MemoryStore {
    async fn add(&self, new: &NewAlbum, follow_up: &Envelope) -> Result<Added, AddAlbumError> {
        let now = self.now();
        let added = add(&mut self.state(), new, follow_up, now)?;
        self.ring();
        Ok(added)
    }

    async fn get(&self, id: AlbumId) -> Result<Option<AlbumDetails>, PortError> {
        let state = self.state();
        let album = state.albums.all.get(&id);
        Ok(album.and_then(|album| state.details(album)))
    }

    async fn list(
        &self,
        filter: &AlbumFilter,
        viewer: Viewer,
        request: PageRequest,
    ) -> Result<Page<AlbumDetails>, PortError> {
        let state = self.state();
        let part = filter.name_contains.as_deref().map(folded);
        let mut found: Vec<&Album> = state
            .albums
            .all
            .values()
            .filter(|album| viewer.sees(album))
            .filter(|album| fits(album, filter, part.as_deref()))
            .collect();
        found.sort_unstable_by_key(|album| (Reverse(album.created_at), album.id));
        let Page { items, count } = page(found, request);
        let items = items.into_iter().filter_map(|album| state.details(album));
        Ok(Page {
            items: items.collect(),
            count,
        })
    }

    async fn edit(
        &self,
        id: AlbumId,
        edit: &AlbumEdit,
    ) -> Result<Option<AlbumDetails>, EditAlbumError> {
        let mut state = self.state();
        let Some(album) = state.albums.all.get(&id).cloned() else {
            return Ok(None);
        };
        let album = edit.clone().apply(album);
        let holder = state.albums.names.get(&taken_name(&album));
        if holder.is_some_and(|holder| *holder != id) {
            return Err(EditAlbumError::NameTaken);
        }
        state.albums.remove(id);
        state.albums.insert(album.clone());
        Ok(state.details(&album))
    }

    async fn remove(&self, id: AlbumId) -> Result<bool, PortError> {
        Ok(self.state().albums.remove(id).is_some())
    }
}

impl State {
    fn details(&self, album: &Album) -> Option<AlbumDetails> {
        let artist = self.artists.get(album.artist_id)?.clone();
        let album = album.clone();
        Some(AlbumDetails { album, artist })
    }
}

fn add(
    state: &mut State,
    new: &NewAlbum,
    follow_up: &Envelope,
    now: DateTime<Utc>,
) -> Result<Added, AddAlbumError> {
    let album = &new.details.album;
    if let Some(once) = &new.once
        && let Some(details) = state.albums.answered(album.artist_id, once, now)?
    {
        return Ok(Added::Repeated(details));
    }
    if state.artists.get(album.artist_id).is_none() {
        return Err(AddAlbumError::UnknownArtist);
    }
    let albums = &mut state.albums;
    if albums.names.contains_key(&taken_name(album)) || albums.all.contains_key(&album.id) {
        return Err(AddAlbumError::NameTaken);
    }
    albums.insert(album.clone());
    if let Some(once) = new.once.clone() {
        let answer = Answer {
            fingerprint: once.fingerprint,
            details: new.details.clone(),
            keep_until: once.keep_until,
        };
        albums.answers.insert((album.artist_id, once.key), answer);
    }
    state.tasks.add(follow_up, now);
    Ok(Added::New)
}

fn taken_name(album: &Album) -> (ArtistId, String) {
    (album.artist_id, folded(album.name.as_str()))
}

/// Whether `album` is asked for; `part` is what its name must contain, folded.
fn fits(album: &Album, filter: &AlbumFilter, part: Option<&str>) -> bool {
    let is_named = part.is_none_or(|part| folded(album.name.as_str()).contains(part));
    let costs = |is_fine: &dyn Fn(_) -> bool| album.cost.is_some_and(is_fine);
    is_named
        && filter
            .cost_at_least
            .is_none_or(|least| costs(&|cost| least <= cost))
        && filter
            .cost_at_most
            .is_none_or(|most| costs(&|cost| cost <= most))
        && filter.artist.is_none_or(|artist| album.artist_id == artist)
}
