//! What an onlooker writes down who sees everything: what the checks at the end go by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::model::{AlbumId, MailKey};
use domain::ports::{Fence, Skipped};
use domain::tasks::TaskId;

use super::stage::{Actor, Process};

/// What an onlooker writes down.
#[derive(Default)]
pub(super) struct Ledger(Mutex<Pages>);

/// What is written down.
#[derive(Default)]
pub(super) struct Pages {
    /// Albums that were stored, each with its name, which stands for one request.
    pub(super) stored: BTreeMap<AlbumId, String>,
    /// Albums whose client knows that they are stored.
    pub(super) acknowledged: BTreeSet<AlbumId>,
    /// Albums that were deleted, and in which turn.
    pub(super) deleted: BTreeMap<AlbumId, u64>,
    /// In which turn each actor last looked an album up.
    pub(super) looked_up: BTreeMap<(Actor, AlbumId), u64>,
    /// Every mail that was begun.
    pub(super) sendings: Vec<Sending>,
    /// Which of them comes to the gate at this moment.
    passing: Option<usize>,
    /// Whose hands tasks are in.
    pub(super) held: BTreeMap<(String, i64), Process>,
    /// How often a task was lost by who held it.
    pub(super) dropped: BTreeMap<String, u32>,
    /// How often a task was carried out to its end.
    pub(super) carried_out: BTreeMap<String, u32>,
    /// Which occurrences were fired, by entry, with their tasks, in their order.
    pub(super) fired: Vec<(String, DateTime<Utc>, TaskId)>,
    /// Which occurrences were skipped, by entry.
    pub(super) skipped: Vec<(String, Skipped)>,
    /// How often each thing went wrong.
    pub(super) faults: BTreeMap<&'static str, u64>,
}

/// One try at a mail.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    pub(super) key: MailKey,
    pub(super) process: Process,
    /// Under which claim it came to the gate.
    pub(super) fence: Option<Fence>,
    /// In which turn the album was last looked up before it.
    pub(super) looked_up: u64,
    /// Since when it is at the final step, as the mail log knows.
    pub(super) since: Option<Duration>,
    /// Whether it has been stored how it ended.
    pub(super) is_over: bool,
    /// Whether the mail server took it.
    pub(super) is_taken: bool,
    /// How often that could not be stored.
    pub(super) unstored: u32,
    /// What kept its sender from storing it.
    pub(super) excuse: Option<&'static str>,
}

impl Ledger {
    pub(super) fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    pub(super) fn fault(&mut self, what: &'static str) {
        *self.faults.entry(what).or_default() += 1;
    }

    /// A sender begins; answers which sending this is.
    pub(super) fn sends(&mut self, process: Process, actor: Actor, key: MailKey) -> usize {
        let album = AlbumId::new(key.cause);
        let looked_up = self.looked_up.get(&(actor, album)).copied();
        self.sendings.push(Sending {
            key,
            process,
            fence: None,
            looked_up: looked_up.unwrap_or(0),
            since: None,
            is_over: false,
            is_taken: false,
            unstored: 0,
            excuse: None,
        });
        self.sendings.len() - 1
    }

    /// The gate is passed at this moment for `sending`.
    pub(super) fn passes(&mut self, sending: usize) {
        self.passing = Some(sending);
    }

    /// The gate asks the mail log under this claim.
    pub(super) fn asks(&mut self, fence: Fence) {
        let passing = self.passing.take();
        if let Some(sending) = passing.and_then(|passing| self.sendings.get_mut(passing)) {
            sending.fence = Some(fence);
        }
    }

    /// The sending under this claim that has come to the gate.
    pub(super) fn under(&mut self, fence: Fence) -> Option<&mut Sending> {
        let mut sendings = self.sendings.iter_mut();
        sendings.find(|each| each.fence == Some(fence))
    }

    /// The process is dead, or is taken for it: whatever it had in its hands is somebody else's.
    pub(super) fn gone(&mut self, process: Process, why: &'static str) {
        for sending in &mut self.sendings {
            if sending.process == process && sending.since.is_some() && !sending.is_over {
                sending.excuse.get_or_insert(why);
            }
        }
        for ((task, _), holder) in &self.held {
            if *holder == process {
                *self.dropped.entry(task.clone()).or_default() += 1;
            }
        }
        self.held.retain(|_, holder| *holder != process);
    }

    /// Who has been silent for `hold` at the final step is taken for dead there.
    pub(super) fn silent_for(&mut self, hold: Duration, now: Duration) {
        for sending in &mut self.sendings {
            let is_long = sending.since.is_some_and(|since| since + hold <= now);
            if is_long && !sending.is_over {
                sending.excuse.get_or_insert("was silent for too long");
            }
        }
    }

    pub(super) fn takes(&mut self, process: Process, task: &TaskId, fence: Fence) {
        self.held.insert((task.to_string(), fence.0), process);
    }

    pub(super) fn settles(&mut self, task: &TaskId, fence: Fence) {
        self.held.remove(&(task.to_string(), fence.0));
    }
}
