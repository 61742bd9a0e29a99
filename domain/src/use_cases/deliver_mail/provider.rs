//! Whether the provider takes mails; says so, once, whenever that changes.

use std::sync::Arc;
use std::time::Duration;

use super::pause::{Change, Hold, Pass, Pause, Wait};
use crate::ports::{Clock, MailPause, MailPauses, PortError, WorkerId};
use crate::tasks::{Context, Reason, TaskError, TaskId, jitter};

/// Knows whether the provider takes mails, and tells operators when that changes.
///
/// Its clones know the same. While mails go, nothing is stored.
#[derive(Clone)]
pub(super) struct Provider {
    pause: Pause,
    pauses: Arc<dyn MailPauses>,
    clock: Arc<dyn Clock>,
}

impl Provider {
    pub(super) fn new(pauses: Arc<dyn MailPauses>, clock: Arc<dyn Clock>) -> Self {
        Self {
            pause: Pause::default(),
            pauses,
            clock,
        }
    }

    /// Lets the mail of `task` through, or postpones its task to the end of the pause.
    pub(super) fn enter(&self, task: &TaskId) -> Result<Pass, TaskError> {
        let entered = self.pause.enter(self.clock.now(), spread(task));
        entered.map_err(|Wait { wait, reason }| TaskError::Postpone(wait, reason))
    }

    /// The provider took a mail, or refused it for its own sake: a pause is over.
    pub(super) async fn answers(&self, pass: &mut Pass, sender: WorkerId) {
        if pass.went() {
            tracing::info!("mail goes again");
            stored(self.pauses.end(sender).await);
        }
    }

    /// The provider takes nobody's mail: the pause begins or goes on, and the task is
    /// postponed to its end.
    pub(super) async fn refuses(
        &self,
        pass: Pass,
        pause_for: Duration,
        reason: Reason,
        context: &Context,
    ) -> TaskError {
        let now = self.clock.now();
        match pass.failed(now, pause_for, reason.clone()) {
            Change::Nothing => {}
            Change::Begun(hold) => {
                tracing::error!(
                    mail.until = %hold.until(),
                    "mail is paused until {}: {reason}; mails wait and lose no attempt, one is tried then, or at once after a restart; \
                     `backbeat send-test-mail ADDRESS` shows what is wrong",
                    hold.until()
                );
                self.store(hold, context.worker).await;
            }
            Change::GoesOn(hold) => {
                tracing::warn!(
                    mail.until = %hold.until(),
                    "mail stays paused until {}: {reason}", hold.until()
                );
                self.store(hold, context.worker).await;
            }
        }
        let wait = self.pause.wait(now, spread(&context.id));
        TaskError::Postpone(wait.map_or(pause_for, |held| held.wait), reason)
    }

    async fn store(&self, hold: Hold, sender: WorkerId) {
        let pause = MailPause {
            sender,
            since: hold.since,
            until: hold.until(),
            reason: hold.reason,
        };
        stored(self.pauses.begin(&pause).await);
    }
}

/// What operators see is not worth a mail.
fn stored(outcome: Result<(), PortError>) {
    if let Err(error) = outcome {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "whether mail is paused could not be stored");
    }
}

/// From 0 to 1,000, and different from task to task.
fn spread(task: &TaskId) -> u32 {
    jitter(task, 0) % 1001
}
