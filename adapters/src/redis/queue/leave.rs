//! Ends the life of a worker in order.

use domain::ports::{PortError, Queues, WorkerId};

use super::RedisQueue;
use crate::redis::error::failed;

/// How many messages the last worker hands back: as many as go in one step.
const MOST_HANDED_BACK: usize = 5_000;

impl RedisQueue {
    /// Ends the life of `worker`, which has settled what it had of `queues`, in order.
    ///
    /// When no other worker of ours serves queues, what waits for its instant in these queues goes
    /// back to Celery's lists, up to 5,000 messages: Python's workers see it there, and ours when
    /// they come back. What was tried goes back as the retry that Celery would have sent; what
    /// brought a worker down, or has a key, stays. Answers how many went back.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached; the worker is taken for dead after its lease then.
    pub async fn leave(&self, worker: &WorkerId, queues: &Queues) -> Result<usize, PortError> {
        let Some(session) = self.sessions.of(*worker) else {
            return Ok(0);
        };
        self.sessions.end(&session);
        let mut script = self.scripts.leave.prepare_invoke();
        script.key(self.keys.living());
        self.name_queues(&mut script, queues.names());
        script
            .arg(session.name())
            .arg(self.lease_micros())
            .arg(MOST_HANDED_BACK)
            .arg(self.keys.lists())
            .arg(self.keys.ours());
        let handed_back = self.link.script(&script).await;
        handed_back.map_err(failed("leave"))
    }
}
