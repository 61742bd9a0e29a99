//! Ends what does not come to its end by itself.

use std::time::Duration;

use domain::tasks::Outcome;
use tokio::time::timeout;

use super::Work;
use crate::runner::one::say_ended_early;
use crate::runner::watched::Watched;

/// How long aborted attempts may take to come to their ends.
const ABORT_WITHIN: Duration = Duration::from_secs(1);

impl Work<'_> {
    /// Ends what still runs, and gives it back, whether it comes to its end or not.
    pub(in crate::runner) async fn abort(&mut self) {
        self.running.abort_all();
        let ends = async {
            while let Some(joined) = self.running.join_next_with_id().await {
                self.note_end(joined);
            }
        };
        if timeout(ABORT_WITHIN, ends).await.is_err() {
            self.give_up(|_| Some(Outcome::Release));
        }
    }

    /// Gives up attempts that should have come to their ends long ago; answers whether there are
    /// any. What they hold of this process is lost until its end.
    pub(in crate::runner) fn has_stuck(&mut self) -> bool {
        let runner = self.runner;
        self.give_up(|watched| watched.stuck(runner))
    }

    fn give_up(&mut self, outcome: impl Fn(&Watched) -> Option<Outcome>) -> bool {
        let before = self.watched.len();
        let all = std::mem::take(&mut self.watched);
        for (id, watched) in all {
            let Some(outcome) = outcome(&watched) else {
                self.watched.insert(id, watched);
                continue;
            };
            self.runner.controls.end(watched.number);
            say_ended_early(&watched.lease, &outcome);
            self.ended.push(watched.ended(outcome));
        }
        self.watched.len() < before
    }
}
