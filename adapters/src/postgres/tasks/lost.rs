//! Leases that were granted and never arrived: their worker lives and does not know of them,
//! so they would be held until its end.

use std::sync::{Mutex, PoisonError};

use domain::ports::WorkerId;

/// Fences under which something may have been leased, and nobody was told.
#[derive(Default)]
pub(in crate::postgres) struct Lost(Mutex<Vec<(WorkerId, i64)>>);

impl Lost {
    /// What is leased under `fence` from now on is lost, unless it arrives.
    pub(super) fn unless_it_arrives(&self, worker: WorkerId, fence: i64) -> OnItsWay<'_> {
        OnItsWay {
            lost: Some((self, worker, fence)),
        }
    }

    /// The fences that `worker` has lost.
    pub(super) fn of(&self, worker: WorkerId) -> Vec<i64> {
        let lost = self.lock();
        let own = lost.iter().filter(|(whose, _)| *whose == worker);
        own.map(|(_, fence)| *fence).collect()
    }

    /// What was leased under `fences` has been given back.
    pub(super) fn found(&self, fences: &[i64]) {
        self.lock().retain(|(_, fence)| !fences.contains(fence));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(WorkerId, i64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lease that was asked for.
pub(super) struct OnItsWay<'a> {
    lost: Option<(&'a Lost, WorkerId, i64)>,
}

impl OnItsWay<'_> {
    /// It is there.
    pub(super) fn arrived(mut self) {
        self.lost = None;
    }
}

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        if let Some((lost, worker, fence)) = self.lost {
            lost.lock().push((worker, fence));
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const WORKER: WorkerId = WorkerId::new(Uuid::from_u128(1));

    #[test]
    fn what_does_not_arrive_is_lost_until_it_is_found() {
        let lost = Lost::default();

        lost.unless_it_arrives(WORKER, 1).arrived();
        drop(lost.unless_it_arrives(WORKER, 2));
        drop(lost.unless_it_arrives(WorkerId::new(Uuid::from_u128(2)), 3));

        assert_eq!(lost.of(WORKER), [2]);
        lost.found(&[2]);
        assert_eq!(lost.of(WORKER), [0; 0]);
    }
}
