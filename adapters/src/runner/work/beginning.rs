//! What is begun, and what has to wait for its rate.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::ports::WorkerControl as _;
use domain::tasks::{Outcome, Revocation, Slot};
use tokio::time::Instant;

use super::{Item, Work, unbegun};
use crate::runner::one::{run_one, say_unbegun};
use crate::runner::watched::Watched;

impl Work<'_> {
    /// Begins what waits, as far as there is room to run; what was revoked is not begun.
    pub(in crate::runner) fn begin(&mut self) {
        if self.held_until.is_some_and(|until| until <= Instant::now()) {
            self.let_held_back_go();
        }
        while self.in_slots() < self.runner.controls.concurrency() {
            let Some(item) = self.waiting.pop_front() else {
                return;
            };
            let task = &item.lease.envelope;
            if self.runner.controls.is_revoked(task) {
                self.drop_unbegun(item, &Outcome::Revoked(Revocation::Revoked));
            } else if let Err(until) = self.runner.controls.may_begin(&task.name) {
                let earliest = self.held_until.map_or(until, |known| known.min(until));
                self.held_until = Some(earliest);
                self.held_back.push_back(item);
            } else {
                self.spawn(&item);
            }
        }
    }

    fn spawn(&mut self, item: &Item) {
        let lease = Arc::clone(&item.lease);
        let limits = self.runner.controls.limits_of(&lease.envelope);
        let (cancellation, slot) = (self.cancellation.clone(), Slot::default());
        let attempt = run_one(self.runner, lease, limits, cancellation, slot.clone());
        let handle = self.running.spawn(attempt);
        let watched = Watched::new(item, limits, slot);
        self.watched.insert(handle.id(), watched);
        self.runner.controls.begin(item.number, handle);
    }

    /// Looks at all that waits anew, because rates or revocations have changed.
    pub(in crate::runner) fn look_again(&mut self) {
        self.let_held_back_go();
        let controls = &self.runner.controls;
        let waiting = std::mem::take(&mut self.waiting);
        let (revoked, others): (VecDeque<_>, _) = waiting
            .into_iter()
            .partition(|item| controls.is_revoked(&item.lease.envelope));
        self.waiting = others;
        for item in revoked {
            self.drop_unbegun(item, &Outcome::Revoked(Revocation::Revoked));
        }
    }

    /// When something that waits for its rate may be begun.
    pub(in crate::runner) fn held_until(&self) -> Option<Instant> {
        self.held_until
    }

    pub(super) fn let_held_back_go(&mut self) {
        self.held_until = None;
        self.held_back.append(&mut self.waiting);
        std::mem::swap(&mut self.held_back, &mut self.waiting);
    }

    fn drop_unbegun(&mut self, item: Item, outcome: &Outcome) {
        self.runner.controls.end(item.number);
        say_unbegun(&item.lease, outcome);
        self.ended.push(unbegun(item.lease, outcome.clone()));
    }
}
