//! Artists.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use async_trait::async_trait;
use domain::model::{AccountId, Artist, ArtistId, Page, PageRequest, folded};
use domain::ports::{AddArtistError, ArtistRepo, PortError};

use super::page::page;
use super::{MemoryStore, id_taken};

/// Every artist, and what of them is unique.
#[derive(Default)]
pub(super) struct Artists {
    all: BTreeMap<ArtistId, Artist>,
    accounts: HashMap<AccountId, ArtistId>,
    stage_names: HashMap<String, ArtistId>,
}

impl Artists {
    pub(super) fn get(&self, id: ArtistId) -> Option<&Artist> {
        self.all.get(&id)
    }

    /// Those that come `from` there on, by id.
    pub(super) fn from(&self, from: Bound<ArtistId>) -> impl Iterator<Item = &Artist> {
        self.all.range((from, Bound::Unbounded)).map(|(_, it)| it)
    }

    pub(super) fn of_account(&self, id: AccountId) -> Option<&Artist> {
        self.accounts.get(&id).and_then(|id| self.get(*id))
    }
}

#[async_trait]
impl ArtistRepo for MemoryStore {
    async fn add(&self, artist: &Artist) -> Result<(), AddArtistError> {
        let mut state = self.state();
        if state.accounts.get(artist.account_id).is_none() {
            return Err(AddArtistError::UnknownAccount);
        }
        let artists = &mut state.artists;
        if artists.accounts.contains_key(&artist.account_id) {
            return Err(AddArtistError::AlreadyArtist);
        }
        let stage_name = folded(artist.stage_name.as_str());
        if artists.stage_names.contains_key(&stage_name) {
            return Err(AddArtistError::StageNameTaken);
        }
        if artists.get(artist.id).is_some() {
            return Err(id_taken("add an artist").into());
        }
        artists.accounts.insert(artist.account_id, artist.id);
        artists.stage_names.insert(stage_name, artist.id);
        artists.all.insert(artist.id, artist.clone());
        Ok(())
    }

    async fn get(&self, id: ArtistId) -> Result<Option<Artist>, PortError> {
        Ok(self.state().artists.get(id).cloned())
    }

    async fn list(
        &self,
        search: Option<String>,
        request: PageRequest,
    ) -> Result<Page<Artist>, PortError> {
        let part = folded(search.as_deref().unwrap_or_default());
        let artists = &self.state().artists;
        let mut found: Vec<&Artist> = artists
            .stage_names
            .iter()
            .filter(|(stage_name, _)| stage_name.contains(&part))
            .filter_map(|(_, id)| artists.get(*id))
            .collect();
        found.sort_unstable_by_key(|artist| (artist.created_at, artist.id));
        let Page { items, count } = page(found, request);
        Ok(Page {
            items: items.into_iter().cloned().collect(),
            count,
        })
    }
}
