//! Who sends no mail for now.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{MailPause, MailPauses, PortError, WorkerId};

use super::{MemoryStore, State};

#[async_trait]
impl MailPauses for MemoryStore {
    async fn begin(&self, pause: &MailPause) -> Result<(), PortError> {
        let mut state = self.state();
        state.mail_pauses.insert(pause.sender, pause.clone());
        Ok(())
    }

    async fn end(&self, sender: WorkerId) -> Result<(), PortError> {
        self.state().mail_pauses.remove(&sender);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<MailPause>, PortError> {
        let state = self.state();
        let pauses = state.mail_pauses.values();
        let living = pauses.filter(|pause| state.living.contains(&pause.sender));
        let mut living: Vec<_> = living.cloned().collect();
        living.sort_by_key(|pause| (pause.since, pause.sender));
        Ok(living)
    }
}

impl State {
    /// Forgets the pauses of the dead, and lets go what they held back; answers how many.
    pub(super) fn tidy_pauses(&mut self, now: DateTime<Utc>) -> u64 {
        let living = &self.living;
        let dead = self
            .mail_pauses
            .extract_if(|sender, _| !living.contains(sender));
        let mut count = 0;
        for (_, pause) in dead {
            self.tasks.wait_no_longer(&pause.reason, now);
            count += 1;
        }
        count
    }
}
