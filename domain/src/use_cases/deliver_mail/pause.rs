//! The pause of a sender: while the provider takes nobody's mail, nobody's mail is tried.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::tasks::Reason;

/// The least time that a provider is left alone.
const SHORTEST: Duration = Duration::from_secs(1);
/// How long a pause that lengthens itself becomes; a provider may ask for more.
const LONGEST: Duration = Duration::from_mins(15);
/// How many times as long as was asked for it becomes: who may be back soon is asked soon.
const TIMES_AS_LONG: u32 = 4;
/// How far apart the mails that waited come back, at most.
const WIDEST_SPREAD: Duration = Duration::from_mins(1);
/// How long mails wait while one of them is tried.
const WHILE_TRYING: Duration = Duration::from_secs(10);

/// Lets mails through, or holds them back for a time; one of them goes first after it.
///
/// Its clones are the same pause. It goes by instants that its callers give, and bears
/// with ones that jump: after a jump back no pause is longer than it was meant to be.
#[derive(Clone, Debug, Default)]
pub(super) struct Pause(Arc<Mutex<State>>);

#[derive(Clone, Debug, Default)]
enum State {
    /// Mails go.
    #[default]
    Open,
    /// No mail goes before the end; the next one after it is tried alone.
    Held(Hold),
    /// The pause has ended, and one mail is being tried.
    Trying(Hold),
}

/// How long nobody's mail goes, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    /// When the first mail was refused.
    pub(super) since: DateTime<Utc>,
    /// When the last was.
    begun: DateTime<Utc>,
    length: Duration,
    /// What the provider said last.
    pub(super) reason: Reason,
}

/// What a mail has to wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) wait: Duration,
    pub(super) reason: Reason,
}

/// The right to try one mail. Dropped without an outcome, it says nothing about the provider.
#[derive(Debug)]
pub(super) struct Pass {
    pause: Pause,
    /// Whether this mail goes alone, to see whether the provider takes any.
    is_trial: bool,
}

/// What the failure of a mail changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing: the pause had been begun by another mail.
    Nothing,
    /// The pause begins.
    Begun(Hold),
    /// It goes on, for longer.
    GoesOn(Hold),
}

impl Pause {
    /// Lets a mail through at `now`, or says how long it has to wait.
    ///
    /// `spread` (from 0 to 1,000) tells mails apart, so that those that waited do not come
    /// back all at once.
    pub(super) fn enter(&self, now: DateTime<Utc>, spread: u32) -> Result<Pass, Wait> {
        let mut state = self.state();
        if let Some(wait) = state.wait(now, spread) {
            return Err(wait);
        }
        let is_trial = match &*state {
            State::Open => false,
            State::Held(hold) | State::Trying(hold) => {
                *state = State::Trying(hold.clone());
                true
            }
        };
        Ok(Pass {
            pause: self.clone(),
            is_trial,
        })
    }

    /// How long a mail has to wait at `now`; `None` when it may go.
    pub(super) fn wait(&self, now: DateTime<Utc>, spread: u32) -> Option<Wait> {
        self.state().wait(now, spread)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wait(&mut self, now: DateTime<Utc>, spread: u32) -> Option<Wait> {
        let (hold, least, widest) = match self {
            Self::Open => return None,
            Self::Held(hold) => match hold.left(now) {
                Duration::ZERO => return None,
                left => (&*hold, left, (hold.length / 5).min(WIDEST_SPREAD)),
            },
            Self::Trying(hold) => (&*hold, WHILE_TRYING, WHILE_TRYING),
        };
        Some(Wait {
            wait: least + widest * spread / 1000,
            reason: hold.reason.clone(),
        })
    }
}

impl Pass {
    /// The provider took the mail, or had something to say about this mail alone; answers
    /// whether that ended a pause.
    pub(super) fn went(&mut self) -> bool {
        let ends = std::mem::take(&mut self.is_trial);
        if ends {
            *self.pause.state() = State::Open;
        }
        ends
    }

    /// The provider takes nobody's mail, and wants to be left alone for `pause_for`.
    ///
    /// Each trial that fails doubles the pause, within limits. A mail that was under way when the pause
    /// began can lengthen it only if the provider asks for more.
    pub(super) fn failed(self, now: DateTime<Utc>, pause_for: Duration, reason: Reason) -> Change {
        let asked = pause_for.max(SHORTEST);
        let mut state = self.pause.state();
        let (since, length) = match &*state {
            State::Open => (now, asked),
            State::Trying(hold) if self.is_trial => (
                hold.since,
                asked.max(hold.length.saturating_mul(2).min(longest(asked))),
            ),
            State::Held(hold) if hold.clone().left(now) < asked => (hold.since, asked),
            State::Held(_) | State::Trying(_) => return Change::Nothing,
        };
        let begins = matches!(*state, State::Open);
        let hold = Hold {
            since,
            begun: now,
            length,
            reason,
        };
        *state = State::Held(hold.clone());
        if begins {
            Change::Begun(hold)
        } else {
            Change::GoesOn(hold)
        }
    }
}

fn longest(asked: Duration) -> Duration {
    asked.saturating_mul(TIMES_AS_LONG).min(LONGEST)
}

/// A trial without an outcome leaves the trying to the next mail.
impl Drop for Pass {
    fn drop(&mut self) {
        if !self.is_trial {
            return;
        }
        let mut state = self.pause.state();
        if let State::Trying(hold) = &*state {
            let over = Hold {
                begun: DateTime::<Utc>::MIN_UTC,
                ..hold.clone()
            };
            *state = State::Held(over);
        }
    }
}

impl Hold {
    /// When a mail is tried next.
    pub(super) fn until(&self) -> DateTime<Utc> {
        TimeDelta::from_std(self.length)
            .ok()
            .and_then(|length| self.begun.checked_add_signed(length))
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// How long it lasts from `now` on; a clock that went back behind its beginning begins it anew.
    fn left(&mut self, now: DateTime<Utc>) -> Duration {
        self.begun = self.begun.min(now);
        (self.until() - now).to_std().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
