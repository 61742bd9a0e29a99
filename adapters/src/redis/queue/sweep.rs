//! Says that workers live, and takes back what dead ones held.

use std::sync::Arc;

use domain::ports::WorkerId;
use redis::RedisResult;

use super::RedisQueue;
use crate::redis::session::Session;

/// How many tasks are taken back in one step.
const MOST_PER_STEP: usize = 100;

impl RedisQueue {
    /// Begins a session of `worker`; at its arrival the dead are looked for at once, so that
    /// the work of a killed process goes on when the next one starts.
    ///
    /// Whoever leases and whoever gives a sign of life may come at once: it arrives once, and
    /// has a session when Redis knows it. Another would stay among the living for a lease.
    pub(super) async fn arrive(&self, worker: WorkerId) -> RedisResult<(Arc<Session>, usize)> {
        let _turn = self.arriving.lock().await;
        if let Some(session) = self.sessions.of(worker) {
            return Ok((session, 0));
        }
        let session = Arc::new(Session::new());
        let (_, taken_back) = self.sweep(&session, true).await?;
        self.sessions.begin(worker, &session);
        Ok((session, taken_back))
    }

    pub(super) async fn greet_and_sweep(&self, worker: WorkerId) -> RedisResult<usize> {
        if let Some(session) = self.sessions.of(worker) {
            let (is_known, taken_back) = self.sweep(&session, false).await?;
            if is_known {
                return Ok(taken_back);
            }
            self.note_loss(&session);
        }
        Ok(self.arrive(worker).await?.1)
    }

    pub(super) fn lease_micros(&self) -> u64 {
        u64::try_from(self.settings.lease.as_micros()).unwrap_or(u64::MAX)
    }

    /// Answers whether Redis knows the worker, and how many tasks were taken back.
    async fn sweep(&self, session: &Session, is_new: bool) -> RedisResult<(bool, usize)> {
        let (mut is_new, mut taken_back) = (is_new, 0);
        loop {
            let mut script = self.scripts.sweep.prepare_invoke();
            script.key(self.keys.living()).key(self.keys.taken_back());
            script
                .arg(session.name())
                .arg(i32::from(is_new))
                .arg(self.now().timestamp_micros())
                .arg(self.lease_micros())
                .arg(MOST_PER_STEP)
                .arg(self.keys.ours())
                .arg(self.keys.lists());
            let (is_known, step, left, has_copies): (bool, usize, usize, bool) =
                self.link.script(&script).await?;
            session.keep_copies(has_copies);
            taken_back += step;
            is_new = false;
            if !is_known || left == 0 {
                return Ok((is_known, taken_back));
            }
        }
    }

    /// Redis does not know the worker any more: it was silent for too long, or Redis lost its data.
    pub(super) fn note_loss(&self, session: &Arc<Session>) {
        if !self.sessions.end(session) {
            return;
        }
        let count = session.holdings().tasks.len();
        tracing::warn!(
            count,
            "redis does not know this worker any more: {count} tasks it held are lost to it, and it begins anew"
        );
    }
}
