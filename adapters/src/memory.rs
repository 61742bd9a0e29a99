//! A store that lives as long as its process.

mod account_repo;
mod album_repo;
mod artist_repo;
mod housekeeping;
mod mail_log;
mod mail_pauses;
mod outbox;
mod page;
mod reminder_repo;
mod schedule_repo;
mod task_queue;
mod task_queue_admin;
mod tasks;
mod token_repo;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use domain::model::ArtistId;
use domain::ports::{Clock, MailPause, PortError, Severity, WorkerId};
use tokio::sync::Notify;

use self::account_repo::Accounts;
use self::album_repo::Albums;
use self::artist_repo::Artists;
use self::mail_log::Mails;
use self::schedule_repo::Schedules;
use self::tasks::Tasks;
use self::token_repo::Tokens;

/// Fills every port of a store from memory: for scenarios, demos, and whoever needs nothing to last.
///
/// A clone is the same store. What was stored ends with the last clone.
///
/// Calendar time comes from the clock; whether a worker lives does not. A worker lives from
/// its first sign of life until it is [forgotten](MemoryStore::forget), however the clock moves.
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    /// Rung when a task may have become due, for workers that wait.
    bell: Notify,
}

/// All there is. Every call of a port is one stay under one lock, so each is all or nothing.
#[derive(Default)]
struct State {
    living: HashSet<WorkerId>,
    tasks: Tasks,
    accounts: Accounts,
    artists: Artists,
    albums: Albums,
    unsubscribed: HashSet<ArtistId>,
    tokens: Tokens,
    mails: Mails,
    mail_pauses: HashMap<WorkerId, MailPause>,
    schedules: Schedules,
}

impl MemoryStore {
    /// An empty store that goes by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let shared = Shared {
            state: Mutex::default(),
            clock,
            bell: Notify::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Ends the life of `worker`, as the end of its process would.
    ///
    /// What it held comes back when another worker next gives a sign of life; a mail it was
    /// sending is in doubt. Forgetting an unknown worker is harmless.
    pub fn forget(&self, worker: &WorkerId) {
        self.state().living.remove(worker);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> DateTime<Utc> {
        self.shared.clock.now()
    }

    fn ring(&self) {
        self.shared.bell.notify_waiters();
    }
}

/// What a database would say of a second row with the same id: new ids are random, so it is a mistake.
fn id_taken(action: &'static str) -> PortError {
    PortError {
        adapter: "memory",
        action,
        severity: Severity::Permanent,
        source: "this id is taken".into(),
    }
}
