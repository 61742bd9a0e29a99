//! Clears away what has had its time.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ports::{Housekeeping, PortError, TaskState, Tidied};
use domain::schedules::OCCURRENCES_KEPT_FOR;
use domain::tasks::{DONE_TASKS_KEPT_FOR, TaskId};

use super::MemoryStore;
use super::tasks::{Stage, Tasks};

/// How much of each kind is cleared in one step, so that nobody waits long for the lock.
const STEP: usize = 10_000;

#[async_trait]
impl Housekeeping for MemoryStore {
    async fn tidy(&self) -> Result<Tidied, PortError> {
        let now = self.now();
        let mut state = self.state();
        let tidied = Tidied {
            tasks: tidy_tasks(&mut state.tasks, now - DONE_TASKS_KEPT_FOR),
            tokens: state.tokens.tidy(now, STEP),
            answers: state.albums.tidy_answers(now, STEP),
            pauses: state.tidy_pauses(now),
            occurrences: state.schedules.tidy(now - OCCURRENCES_KEPT_FOR, STEP),
        };
        drop(state);
        // What a pause held back may be due now.
        self.ring();
        Ok(tidied)
    }
}

fn tidy_tasks(tasks: &mut Tasks, oldest: DateTime<Utc>) -> u64 {
    let done = tasks.in_state(TaskState::Done);
    let outdated: Vec<TaskId> = done
        .filter(|kept| matches!(kept.stage, Stage::Done(at) if at < oldest))
        .take(STEP)
        .map(|kept| kept.envelope.id.clone())
        .collect();
    for id in &outdated {
        tasks.remove(id);
    }
    outdated.len() as u64
}
