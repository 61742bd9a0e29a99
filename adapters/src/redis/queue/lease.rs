//! Hands due tasks to workers, who may wait for them.

use std::time::Duration;

use domain::ports::{Lease, Queues, WorkerId};
use redis::RedisResult;
use tokio::time::{Instant, timeout};

use super::RedisQueue;

/// How long an empty queue is left alone: bells may be missed, and clocks may jump.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// The same for when nobody listens to the bell.
const LOOK_AGAIN_DEAF: Duration = Duration::from_millis(200);
/// The shortest sleep before the next look.
const BLINK: Duration = Duration::from_millis(1);

impl RedisQueue {
    pub(super) async fn lease_within(
        &self,
        worker: WorkerId,
        queues: &Queues,
        most: usize,
        wait: Duration,
    ) -> RedisResult<Vec<Lease>> {
        let deadline = Instant::now().checked_add(wait);
        loop {
            let leases = self.claim(worker, queues, most).await?;
            let left = deadline.map_or(LOOK_AGAIN_AFTER, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if !leases.is_empty() || most == 0 || left.is_zero() {
                return Ok(leases);
            }
            // Listening before looking: what comes in between is not missed.
            let mut bell = std::pin::pin!(self.bell.rings());
            bell.as_mut().enable();
            let pause = self.until_next_claim(worker, queues).await.min(left);
            // Whether the bell rang or the time is over: the next thing is to claim.
            let _ = timeout(pause, bell).await;
        }
    }

    /// How long there is nothing to claim, unless the bell rings.
    async fn until_next_claim(&self, worker: WorkerId, queues: &Queues) -> Duration {
        let session = self.sessions.of(worker);
        let may_have_suspect = session.is_some_and(|session| session.may_have_suspect());
        let now = self.now();
        let mut look = self.scripts.look.prepare_invoke();
        self.name_queues(&mut look, queues.names());
        look.arg(now.timestamp_micros());
        look.arg(i32::from(may_have_suspect));
        let next_due = match self.bell.look(&look).await {
            Ok(next_due) => next_due,
            Err(error) => {
                tracing::debug!("redis cannot say when a task comes: {error}");
                return LOOK_AGAIN_DEAF;
            }
        };
        let Ok(next_due) = next_due.parse::<i64>() else {
            return LOOK_AGAIN_AFTER;
        };
        let until = next_due.saturating_sub(now.timestamp_micros());
        Duration::from_micros(u64::try_from(until).unwrap_or(0)).clamp(BLINK, LOOK_AGAIN_AFTER)
    }
}
