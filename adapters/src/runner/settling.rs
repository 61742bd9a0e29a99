//! Tells how attempts ended, as often as it takes.

use std::time::Duration;

use domain::ports::{Attempted, Ended, PortError, Settled};
use tokio::time::sleep;

use super::{Runner, say};

/// The pause after the first failure to settle; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Runner {
    /// Tells whoever observes, and then the queue, how attempts ended, as often as it takes:
    /// telling again is harmless, forgetting is not.
    pub(super) async fn settle(&self, attempts: Vec<Attempted>) {
        let what = "what follows from tasks that ended cannot be done; trying again";
        patiently(what, || self.observer.ended(&attempts)).await;
        let ended: Vec<Ended> = attempts.iter().map(ended).collect();
        let what = "the queue cannot be told how tasks ended; trying again";
        let settled = patiently(what, || self.queue.settle(&ended)).await;
        say_what_came_too_late(&ended, &settled);
    }
}

fn ended(attempted: &Attempted) -> Ended {
    Ended {
        id: attempted.lease.envelope.id.clone(),
        fence: attempted.lease.fence,
        verdict: attempted.outcome.verdict(),
    }
}

/// Does `it` as often as it takes, with pauses.
async fn patiently<T, F>(what: &str, mut it: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, PortError>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match it().await {
            Ok(answer) => return answer,
            Err(error) => say(what, &error),
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn say_what_came_too_late(ended: &[Ended], settled: &[Settled]) {
    for (ended, settled) in ended.iter().zip(settled) {
        if *settled == Settled::TooLate {
            tracing::warn!(task.id = %ended.id, "Task [{}] ended too late: its lease had been lost", ended.id);
        }
    }
}
