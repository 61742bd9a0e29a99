//! Who may send which mail, and which were sent.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::model::MailKey;
use domain::ports::{
    Claim, Fence, MailClaim, MailLog, MailLogEntry, MailState, MailStep, PortError, Recorded,
    WorkerId,
};
use domain::tasks::Reason;
use tokio::time::Instant;

use super::MemoryStore;

/// One row a mail, for ever.
#[derive(Default)]
pub(super) struct Mails {
    rows: HashMap<MailKey, Row>,
    last_number: i64,
}

struct Row {
    stand: Stand,
    /// The last claim there was; only its holder takes steps.
    fence: Fence,
    /// Whether the mail may have been taken: once it may have, it always may have.
    is_in_doubt: bool,
    changed_at: DateTime<Utc>,
    /// Its place among all changes.
    changed: i64,
}

enum Stand {
    Unclaimed,
    Claimed(WorkerId),
    Sending { sender: WorkerId, since: Instant },
    Sent,
    Parked(Reason),
}

#[async_trait]
impl MailLog for MemoryStore {
    async fn claim(
        &self,
        key: MailKey,
        sender: WorkerId,
        doubt_hold: TimeDelta,
    ) -> Result<Claim, PortError> {
        let now = self.now();
        let state = &mut *self.state();
        let row = state.mails.rows.get(&key);
        let mut is_in_doubt = row.is_some_and(|row| row.is_in_doubt);
        match row.map(|row| &row.stand) {
            Some(Stand::Sent) => return Ok(Claim::AlreadySent),
            Some(Stand::Parked(reason)) => return Ok(Claim::Parked(reason.clone())),
            Some(Stand::Sending { sender, since }) => {
                if state.living.contains(sender) && is_held(*since, doubt_hold) {
                    return Ok(Claim::Busy);
                }
                is_in_doubt = true;
            }
            Some(Stand::Unclaimed | Stand::Claimed(_)) | None => {}
        }
        let number = state.mails.next_number();
        let fence = Fence(number);
        let row = Row {
            stand: Stand::Claimed(sender),
            fence,
            is_in_doubt,
            changed_at: now,
            changed: number,
        };
        state.mails.rows.insert(key, row);
        Ok(Claim::Granted(MailClaim {
            key,
            sender,
            fence,
            is_in_doubt,
        }))
    }

    async fn record(&self, claim: &MailClaim, step: MailStep) -> Result<Recorded, PortError> {
        let now = self.now();
        let state = &mut *self.state();
        if step == MailStep::Sending && !state.living.contains(&claim.sender) {
            return Ok(Recorded::TooLate);
        }
        let mails = &mut state.mails;
        let changed = mails.next_number();
        let row = mails.rows.get_mut(&claim.key);
        let Some(row) = row.filter(|row| row.fence == claim.fence) else {
            return Ok(Recorded::TooLate);
        };
        if step == MailStep::Withdrawn {
            if row.is_in_doubt || !matches!(row.stand, Stand::Claimed(_)) {
                return Ok(Recorded::TooLate);
            }
            mails.rows.remove(&claim.key);
            return Ok(Recorded::InTime);
        }
        let is_doubtful = step == MailStep::Doubt;
        let Some(stand) = after(&row.stand, step) else {
            return Ok(Recorded::TooLate);
        };
        row.stand = stand;
        row.is_in_doubt |= is_doubtful;
        row.changed_at = now;
        row.changed = changed;
        Ok(Recorded::InTime)
    }

    async fn ended(&self, keys: &[MailKey]) -> Result<Vec<bool>, PortError> {
        let mails = &self.state().mails;
        let ended = keys.iter().map(|key| {
            let row = mails.rows.get(key);
            row.is_some_and(|row| matches!(row.stand, Stand::Sent | Stand::Parked(_)))
        });
        Ok(ended.collect())
    }

    async fn counts(&self) -> Result<Vec<(MailState, u64)>, PortError> {
        let mails = &self.state().mails;
        let count = |state| mails.in_state(state).count() as u64;
        let counts = MailState::ALL.map(|state| (state, count(state)));
        Ok(counts.into_iter().filter(|(_, count)| 0 < *count).collect())
    }

    async fn list(&self, state: MailState, most: u32) -> Result<Vec<MailLogEntry>, PortError> {
        let mails = &self.state().mails;
        let mut found: Vec<_> = mails.in_state(state).collect();
        found.sort_unstable_by_key(|(_, row)| std::cmp::Reverse(row.changed));
        found.truncate(most as usize);
        Ok(found.into_iter().map(entry).collect())
    }
}

impl Mails {
    fn in_state(&self, state: MailState) -> impl Iterator<Item = (&MailKey, &Row)> {
        let rows = self.rows.iter();
        rows.filter(move |(_, row)| state_of(&row.stand) == state)
    }

    fn next_number(&mut self) -> i64 {
        self.last_number += 1;
        self.last_number
    }
}

/// Whether a living sender that began `since` then still keeps its mail from others.
fn is_held(since: Instant, doubt_hold: TimeDelta) -> bool {
    doubt_hold.to_std().is_ok_and(|hold| since.elapsed() < hold)
}

/// Where a mail stands after `step`; `None` when the step does not follow.
fn after(stand: &Stand, step: MailStep) -> Option<Stand> {
    match (stand, step) {
        (Stand::Claimed(sender), MailStep::Sending) => Some(Stand::Sending {
            sender: *sender,
            since: Instant::now(),
        }),
        (Stand::Sending { .. }, MailStep::Sent) => Some(Stand::Sent),
        (Stand::Claimed(_) | Stand::Sending { .. }, MailStep::Parked(reason)) => {
            Some(Stand::Parked(reason))
        }
        (Stand::Claimed(_) | Stand::Sending { .. }, MailStep::Free)
        | (Stand::Sending { .. }, MailStep::Doubt) => Some(Stand::Unclaimed),
        _ => None,
    }
}

fn state_of(stand: &Stand) -> MailState {
    match stand {
        Stand::Unclaimed | Stand::Claimed(_) => MailState::Claimed,
        Stand::Sending { .. } => MailState::Sending,
        Stand::Sent => MailState::Sent,
        Stand::Parked(_) => MailState::Parked,
    }
}

fn entry((key, row): (&MailKey, &Row)) -> MailLogEntry {
    let reason = match &row.stand {
        Stand::Parked(reason) => Some(reason.clone()),
        _ => None,
    };
    MailLogEntry {
        key: *key,
        state: state_of(&row.stand),
        changed_at: row.changed_at,
        reason,
    }
}
