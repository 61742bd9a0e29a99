//! Where schedule entries stand, and which of their occurrences were fired.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::PortError;
use crate::schedules::EntryName;
use crate::tasks::Envelope;

/// Keeps where each schedule entry stands, and puts what falls due into the task queue.
///
/// An occurrence is a row, stored with its task or not at all: any number of beats may
/// share one store and be killed at any time, and each occurrence has one task.
#[async_trait]
pub trait ScheduleRepo: Send + Sync {
    /// Makes entries known; answers where each stands, in their order.
    ///
    /// An entry that is new begins now: that is its anchor, and nothing before it is due.
    /// One that is known stays where it stands, however long nobody spoke of it. It begins
    /// anew when its schedule has changed, or when it stands further ahead of the store's clock
    /// than [`AHEAD_AT_MOST`](crate::schedules::AHEAD_AT_MOST). Entries that are not spoken of stay.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; registering again is harmless.
    async fn register(&self, entries: &[NewEntry]) -> Result<Vec<Standing>, PortError>;

    /// Moves entries on from where they stand, each with what falls due by it; answers for
    /// each, in their order.
    ///
    /// An entry that stands elsewhere by now is [`Fired::Elsewhere`], and nothing changes.
    /// Else its occurrence is recorded and the task of it queued, unless that occurrence had
    /// been fired before; what it skips is recorded; and it stands at what was fired or
    /// skipped last. All of that happens to an entry, or nothing of it. Of several firings of
    /// one entry in one call the first counts.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; any of the entries may or may not have been moved
    /// then, and firing again is harmless.
    async fn fire(&self, firings: &[Firing]) -> Result<Vec<Fired>, PortError>;

    /// The time by the store's own clock, which all beats on it share.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn time(&self) -> Result<DateTime<Utc>, PortError>;

    /// Every entry that is known, by name.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached.
    async fn list(&self) -> Result<Vec<EntryRow>, PortError>;
}

/// An entry that is to be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// What it is called.
    pub name: EntryName,
    /// Its schedule, in words: the same words are the same schedule.
    pub schedule: String,
}

/// Where an entry stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its schedule, in words.
    pub schedule: String,
    /// When it began.
    pub anchor: DateTime<Utc>,
    /// The last instant at which it was due, fired or skipped; its anchor at first.
    pub last_due: DateTime<Utc>,
}

/// What falls due by one entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// Which entry.
    pub entry: EntryName,
    /// The schedule it has, for all the beat knows.
    pub schedule: String,
    /// The last instant at which it was due, for all the beat knows.
    pub last_due: DateTime<Utc>,
    /// What is past and not made up for.
    pub skipped: Option<Skipped>,
    /// What is fired.
    pub occurrence: Option<Occurrence>,
}

impl Firing {
    /// Where the entry stands afterwards.
    pub fn moves_to(&self) -> DateTime<Utc> {
        let fired = self.occurrence.as_ref().map(|occurrence| occurrence.due);
        let skipped = self.skipped.map(|skipped| skipped.to);
        fired.or(skipped).unwrap_or(self.last_due)
    }
}

/// Occurrences in a row that nobody fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// When the first was due.
    pub from: DateTime<Utc>,
    /// When the last was due.
    pub to: DateTime<Utc>,
    /// How many.
    pub count: u32,
}

/// One instant at which an entry is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Occurrence {
    /// The instant.
    pub due: DateTime<Utc>,
    /// The task to be done.
    pub task: Envelope,
}

/// What came of firing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fired {
    /// The entry was moved on, and what was to be queued is.
    Now,
    /// The entry stood elsewhere; nothing changed. `None` when it is not known at all.
    Elsewhere(Option<Standing>),
}

/// One entry, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// What it is called.
    pub name: EntryName,
    /// Where it stands.
    pub standing: Standing,
    /// How many of its occurrences were fired.
    pub fired: u64,
    /// When the last of those was fired.
    pub last_fired_at: Option<DateTime<Utc>>,
    /// How many were skipped.
    pub skipped: u64,
    /// What was skipped last, as long as it is kept.
    pub last_skipped: Option<Skipped>,
}
