//! Which tasks are not to be done any more.

use std::collections::{HashSet, VecDeque};

use domain::ports::Revoked;
use domain::tasks::{Envelope, TaskId};

/// How many ids are remembered, as Celery does; the oldest are forgotten first.
const MOST_IDS: usize = 50_000;
/// How many stamps are.
const MOST_STAMPS: usize = 1_000;

/// Which tasks are not to be done any more.
#[derive(Default)]
pub(super) struct Revocations {
    ids: HashSet<TaskId>,
    oldest_first: VecDeque<TaskId>,
    stamps: VecDeque<Revoked>,
}

impl Revocations {
    pub(super) fn add(&mut self, what: &Revoked) {
        match what {
            Revoked::Ids(ids) => {
                for id in ids {
                    self.add_id(id);
                }
            }
            Revoked::Stamp { .. } if self.stamps.contains(what) => {}
            Revoked::Stamp { .. } => {
                self.stamps.push_back(what.clone());
                if MOST_STAMPS < self.stamps.len() {
                    self.stamps.pop_front();
                }
            }
        }
    }

    fn add_id(&mut self, id: &TaskId) {
        if !self.ids.insert(id.clone()) {
            return;
        }
        self.oldest_first.push_back(id.clone());
        if MOST_IDS < self.oldest_first.len()
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }

    pub(super) fn include(&self, task: &Envelope) -> bool {
        self.ids.contains(&task.id) || self.stamps.iter().any(|stamp| stamp.includes(task))
    }

    pub(super) fn ids(&self) -> Vec<TaskId> {
        self.oldest_first.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> TaskId {
        TaskId::try_from(number.to_string()).expect("an id")
    }

    #[test]
    fn the_oldest_are_forgotten_first() {
        let mut revocations = Revocations::default();
        for number in 0..=MOST_IDS {
            revocations.add(&Revoked::Ids(vec![id(number), id(number)]));
        }

        let ids = revocations.ids();
        assert_eq!((ids.len(), &ids[0]), (MOST_IDS, &id(1)));
    }
}
