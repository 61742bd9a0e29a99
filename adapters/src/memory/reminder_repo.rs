//! Who is quiet, and who wants no reminders.

use std::collections::HashMap;
use std::ops::Bound;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::model::{Artist, ArtistId};
use domain::ports::{PortError, QuietArtist, QuietSlice, ReminderRepo, Silence};

use super::{MemoryStore, State};

#[async_trait]
impl ReminderRepo for MemoryStore {
    async fn quiet(
        &self,
        after: Option<ArtistId>,
        most: u32,
        before: DateTime<Utc>,
    ) -> Result<QuietSlice, PortError> {
        let state = self.state();
        let youngest = state.albums.youngest_by_artist();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut slice = QuietSlice::default();
        for artist in state.artists.from(from).take(most as usize) {
            slice.scanned += 1;
            slice.more_after = Some(artist.id);
            let since = quiet_since(artist, &youngest);
            if since < before && !state.unsubscribed.contains(&artist.id) {
                let id = artist.id;
                slice.quiet.push(QuietArtist { id, since });
            }
        }
        slice.more_after = slice.more_after.filter(|_| slice.scanned == most);
        Ok(slice)
    }

    async fn silence(&self, id: ArtistId) -> Result<Option<Silence>, PortError> {
        let state = self.state();
        let youngest = state.albums.youngest_by_artist();
        Ok(state.artists.get(id).map(|artist| Silence {
            artist: artist.clone(),
            since: quiet_since(artist, &youngest),
            is_unsubscribed: state.unsubscribed.contains(&id),
        }))
    }

    async fn unsubscribe(&self, id: ArtistId) -> Result<bool, PortError> {
        let State {
            artists,
            unsubscribed,
            ..
        } = &mut *self.state();
        let is_known = artists.get(id).is_some();
        if is_known {
            unsubscribed.insert(id);
        }
        Ok(is_known)
    }
}

fn quiet_since(artist: &Artist, youngest: &HashMap<ArtistId, DateTime<Utc>>) -> DateTime<Utc> {
    let published_at = youngest.get(&artist.id).copied();
    published_at.unwrap_or(artist.created_at)
}
