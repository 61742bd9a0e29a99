//! Which tasks are revoked, for workers that start later.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{PortError, Revoked};
use domain::tasks::TaskId;
use redis::{RedisResult, cmd};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::Node;
use crate::redis::error::failed;
use crate::redis::results::ResultStore;

/// How many revoked tasks are remembered: the latest.
const MOST: usize = 50_000;
/// How long the last of them are remembered, in seconds.
const KEPT_FOR: u64 = 30 * 24 * 3600;
/// How many are remembered in one step.
const MOST_PER_STEP: usize = 1000;
/// How often it is looked which tasks others revoked: this worker may not have heard it.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// The pause after a failure to remember.
const PAUSE: Duration = Duration::from_secs(1);

/// Where results of tasks are kept.
#[async_trait]
pub trait RevokedResults: Send + Sync {
    /// Stores of each of these tasks that it is revoked, unless it runs or has ended.
    ///
    /// # Errors
    ///
    /// When the results cannot be reached; calling again is harmless.
    async fn revoke(&self, ids: &[TaskId]) -> Result<(), PortError>;
}

#[async_trait]
impl RevokedResults for ResultStore {
    async fn revoke(&self, ids: &[TaskId]) -> Result<(), PortError> {
        Self::revoke(self, ids).await
    }
}

/// Revoked tasks that are to be remembered on Redis.
#[derive(Default)]
pub(super) struct Revocations {
    ids: Mutex<VecDeque<TaskId>>,
    some: Notify,
}

impl Revocations {
    fn add(&self, ids: Vec<TaskId>) {
        let mut kept = self.kept();
        let room = MOST.saturating_sub(kept.len());
        if room < ids.len() {
            let count = ids.len() - room;
            tracing::error!("{count} revoked tasks are not remembered: too many wait for that");
        }
        kept.extend(ids.into_iter().take(room));
        drop(kept);
        self.some.notify_one();
    }

    /// Those that are remembered next; they wait until they are.
    fn step(&self) -> Vec<TaskId> {
        let kept = self.kept();
        kept.iter().take(MOST_PER_STEP).cloned().collect()
    }

    /// Takes note that the first `count` are remembered.
    fn are_done(&self, count: usize) {
        self.kept().drain(..count);
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<TaskId>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// Takes note that these tasks are revoked: here at once, on Redis soon.
    pub(super) fn note_revoked(&self, ids: Vec<TaskId>) {
        self.revocations.add(ids);
    }

    /// The revoked tasks that the worker knows.
    pub(super) fn revoked_ids(&self) -> Vec<String> {
        let ids = self.control.revoked();
        let ids = ids.iter().rev().take(MOST);
        ids.map(|id| id.as_str().to_owned()).collect()
    }

    /// Learns what Redis remembers, if it is there.
    pub(super) async fn learn_revoked(&self) {
        if let Err(error) = self.load_revoked(0.0).await {
            tracing::debug!("which tasks are revoked cannot be read: {error}");
        }
    }

    /// Remembers on Redis what this worker was told, and looks there for what others were.
    pub(super) async fn remember_revoked(&self) {
        let mut seen = 0.0;
        loop {
            match self.load_revoked(seen).await {
                Ok(latest) => seen = latest,
                Err(error) => {
                    tracing::debug!("which tasks are revoked cannot be read: {error}");
                    sleep(PAUSE).await;
                    continue;
                }
            }
            let some = self.revocations.some.notified();
            if timeout(LOOK_EVERY, some).await.is_ok() {
                self.store_revoked().await;
            }
        }
    }

    /// Tells the worker which tasks were revoked from `seen` on; answers when the last was.
    async fn load_revoked(&self, seen: f64) -> RedisResult<f64> {
        let mut range = cmd("ZRANGE");
        range.arg(self.keys.revoked()).arg(seen).arg("+inf");
        range.arg("BYSCORE").arg("WITHSCORES");
        let revoked: Vec<(String, f64)> = self.link.command(&range).await?;
        let latest = revoked.last().map_or(seen, |(_, at)| *at);
        let ids = revoked.into_iter().map(|(id, _)| id.try_into());
        let ids: Vec<TaskId> = ids.filter_map(Result::ok).collect();
        if !ids.is_empty() {
            self.control.revoke(&Revoked::Ids(ids), None);
        }
        Ok(latest)
    }

    /// Remembers on Redis what this worker was told, as often as it takes.
    pub(super) async fn store_revoked(&self) {
        loop {
            let ids = self.revocations.step();
            if ids.is_empty() {
                return;
            }
            match self.store_step(&ids).await {
                Ok(()) => self.revocations.are_done(ids.len()),
                Err(error) => {
                    say(&error);
                    sleep(PAUSE).await;
                }
            }
        }
    }

    async fn store_step(&self, ids: &[TaskId]) -> Result<(), PortError> {
        let mut revoke = self.scripts.revoke.prepare_invoke();
        revoke.key(self.keys.revoked()).arg(MOST).arg(KEPT_FOR);
        for id in ids {
            revoke.arg(id.as_str());
        }
        let stored: RedisResult<()> = self.link.script(&revoke).await;
        stored.map_err(failed("remember which tasks are revoked"))?;
        match &self.results {
            Some(results) => results.revoke(ids).await,
            None => Ok(()),
        }
    }
}

fn say(error: &PortError) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(error, "revoked tasks cannot be remembered; trying again");
}
