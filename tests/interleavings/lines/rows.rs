//! Albums, mails and schedules in the store, by a line that may be cut off.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::model::{
    AlbumDetails, AlbumEdit, AlbumFilter, AlbumId, MailKey, Page, PageRequest, Viewer,
};
use domain::ports::{
    AddAlbumError, Added, AlbumRepo, Claim, EditAlbumError, EntryRow, Fired, Firing, MailClaim,
    MailLog, MailLogEntry, MailState, MailStep, NewAlbum, NewEntry, PortError, Recorded,
    ScheduleRepo, Standing, WorkerId,
};
use domain::tasks::Envelope;

use super::StoreLine;
use crate::interleavings::stage::{Fate, failed};

/// How often a sender tries to store how it ended before it leaves the mail in doubt.
const TRIES_TO_STORE: u32 = 3;

#[async_trait]
impl AlbumRepo for StoreLine {
    async fn add(&self, new: &NewAlbum, follow_up: &Envelope) -> Result<Added, AddAlbumError> {
        let away = || AddAlbumError::Port(failed("store an album", "it seems to be away"));
        if self.stage.before("store an album").await == Fate::Fails {
            return Err(away());
        }
        let added = AlbumRepo::add(self.store.as_ref(), new, follow_up).await;
        if matches!(added, Ok(Added::New)) {
            let album = &new.details.album;
            let mut pages = self.ledger.pages();
            pages.stored.insert(album.id, album.name.to_string());
        }
        match self.stage.after("store an album").await {
            Fate::Goes => added,
            Fate::Fails => Err(away()),
        }
    }

    async fn get(&self, id: AlbumId) -> Result<Option<AlbumDetails>, PortError> {
        let getting = async {
            let (actor, turn) = (self.stage.actor(), self.stage.turns());
            self.ledger.pages().looked_up.insert((actor, id), turn);
            AlbumRepo::get(self.store.as_ref(), id).await
        };
        self.stage.call("look an album up", getting).await
    }

    async fn list(
        &self,
        filter: &AlbumFilter,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Page<AlbumDetails>, PortError> {
        AlbumRepo::list(self.store.as_ref(), filter, viewer, page).await
    }

    async fn edit(
        &self,
        id: AlbumId,
        edit: &AlbumEdit,
    ) -> Result<Option<AlbumDetails>, EditAlbumError> {
        AlbumRepo::edit(self.store.as_ref(), id, edit).await
    }

    async fn remove(&self, id: AlbumId) -> Result<bool, PortError> {
        let removing = async {
            let removed = self.store.remove(id).await?;
            let turn = self.stage.turns();
            self.ledger.pages().deleted.entry(id).or_insert(turn);
            Ok(removed)
        };
        self.stage.call("delete an album", removing).await
    }
}

#[async_trait]
impl MailLog for StoreLine {
    async fn claim(
        &self,
        key: MailKey,
        sender: WorkerId,
        doubt_hold: TimeDelta,
    ) -> Result<Claim, PortError> {
        let claiming = self.store.claim(key, sender, doubt_hold);
        self.stage.call("claim a mail", claiming).await
    }

    async fn record(&self, claim: &MailClaim, step: MailStep) -> Result<Recorded, PortError> {
        let what = match step {
            MailStep::Sent => "store that a mail was sent",
            _ => "store a step of a mail",
        };
        let is_sending = step == MailStep::Sending;
        if is_sending {
            self.ledger.pages().asks(claim.fence);
        }
        let recording = async {
            let recorded = self.store.record(claim, step).await?;
            let now = self.stage.now();
            let mut pages = self.ledger.pages();
            if recorded == Recorded::InTime
                && let Some(sending) = pages.under(claim.fence)
            {
                if is_sending {
                    sending.since = Some(now);
                } else {
                    sending.is_over = true;
                }
            }
            drop(pages);
            Ok(recorded)
        };
        let recorded = self.stage.call(what, recording).await;
        if !is_sending && recorded.is_err() {
            let mut pages = self.ledger.pages();
            if let Some(sending) = pages.under(claim.fence) {
                sending.unstored += 1;
                if sending.unstored == TRIES_TO_STORE {
                    sending.excuse.get_or_insert("could not store how it ended");
                }
            }
        }
        recorded
    }

    async fn ended(&self, keys: &[MailKey]) -> Result<Vec<bool>, PortError> {
        self.store.ended(keys).await
    }

    async fn counts(&self) -> Result<Vec<(MailState, u64)>, PortError> {
        MailLog::counts(self.store.as_ref()).await
    }

    async fn list(&self, state: MailState, most: u32) -> Result<Vec<MailLogEntry>, PortError> {
        MailLog::list(self.store.as_ref(), state, most).await
    }
}

#[async_trait]
impl ScheduleRepo for StoreLine {
    async fn register(&self, entries: &[NewEntry]) -> Result<Vec<Standing>, PortError> {
        let registering = self.store.register(entries);
        self.stage.call("make entries known", registering).await
    }

    async fn fire(&self, firings: &[Firing]) -> Result<Vec<Fired>, PortError> {
        let firing = async {
            let fired = self.store.fire(firings).await?;
            let mut pages = self.ledger.pages();
            for (firing, fired) in firings.iter().zip(&fired) {
                if *fired != Fired::Now {
                    continue;
                }
                let entry = firing.entry.to_string();
                let skipped = firing.skipped.map(|skipped| (entry.clone(), skipped));
                pages.skipped.extend(skipped);
                let occurrence = firing.occurrence.as_ref();
                let occurrence = occurrence.map(|it| (entry, it.due, it.task.id.clone()));
                pages.fired.extend(occurrence);
            }
            drop(pages);
            Ok(fired)
        };
        self.stage.call("fire what is due", firing).await
    }

    async fn time(&self) -> Result<DateTime<Utc>, PortError> {
        self.stage.call("tell the time", self.store.time()).await
    }

    async fn list(&self) -> Result<Vec<EntryRow>, PortError> {
        ScheduleRepo::list(self.store.as_ref()).await
    }
}
