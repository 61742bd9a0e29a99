//! Who sends no mail for now.

use async_trait::async_trait;
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
    /// Forgets the pauses of the dead; answers how many.
    pub(super) fn tidy_pauses(&mut self) -> u64 {
        let before = self.mail_pauses.len();
        let living = &self.living;
        self.mail_pauses.retain(|sender, _| living.contains(sender));
        (before - self.mail_pauses.len()) as u64
    }
}
