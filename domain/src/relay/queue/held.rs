//! What a relayed queue knows of what it leased.

use std::collections::{HashMap, HashSet};

use crate::ports::{Ended, Fence, Lease, Settled, WorkerId};
use crate::tasks::TaskId;

/// What is on its way back or out: leases of rows, messages, leases that nobody took.
#[derive(Default)]
pub(super) struct Held {
    rows: HashMap<(TaskId, Fence), Row>,
    /// Messages that have done their duty, and the conveyor has not heard it.
    spent: Vec<Ended>,
    /// What was leased to a worker that stopped waiting for it.
    undelivered: Vec<(WorkerId, Lease)>,
}

struct Row {
    is_suspect: bool,
    /// How its lease was settled, if it was: then somebody has to hear it yet.
    settled: Option<Settled>,
}

impl Held {
    /// Notes leases of rows, for `worker` to get.
    pub(super) fn deliver_rows(&mut self, worker: WorkerId, rows: impl IntoIterator<Item = Lease>) {
        for lease in rows {
            let key = (lease.envelope.id.clone(), lease.fence);
            let row = Row {
                is_suspect: 0 < lease.crashes,
                settled: None,
            };
            self.rows.insert(key, row);
            self.undelivered.push((worker, lease));
        }
    }

    /// Notes leases of what has no row, for `worker` to get.
    pub(super) fn deliver(&mut self, worker: WorkerId, leases: Vec<Lease>) {
        let leases = leases.into_iter().map(|lease| (worker, lease));
        self.undelivered.extend(leases);
    }

    /// All that `worker` has not got yet.
    pub(super) fn delivery(&mut self, worker: WorkerId) -> Vec<Lease> {
        let undelivered = std::mem::take(&mut self.undelivered);
        let is_own = |(whose, _): &(WorkerId, Lease)| *whose == worker;
        let (own, others) = undelivered.into_iter().partition(is_own);
        self.undelivered = others;
        let own: Vec<(WorkerId, Lease)> = own;
        own.into_iter().map(|(_, lease)| lease).collect()
    }

    /// Notes messages that have done their duty.
    pub(super) fn spend(&mut self, messages: impl Iterator<Item = Ended>) {
        self.spent.extend(messages);
    }

    /// The messages that the conveyor has not heard of.
    pub(super) fn spent(&self) -> Vec<Ended> {
        self.spent.clone()
    }

    /// The conveyor has heard of these messages.
    pub(super) fn forget_spent(&mut self, heard: &[Ended]) {
        let heard: HashSet<Fence> = heard.iter().map(|each| each.fence).collect();
        self.spent.retain(|each| !heard.contains(&each.fence));
    }

    /// Whether a row with a crash on its record is being worked on.
    pub(super) fn has_suspect(&self) -> bool {
        let mut rows = self.rows.values();
        rows.any(|row| row.is_suspect && row.settled.is_none())
    }

    /// Those of `ended` that end leases of rows and were not settled yet.
    pub(super) fn unsettled(&self, ended: &[Ended]) -> Vec<Ended> {
        let row = |each: &Ended| self.rows.get(&key(each));
        let is_unsettled = |each: &&Ended| row(each).is_some_and(|row| row.settled.is_none());
        ended.iter().filter(is_unsettled).cloned().collect()
    }

    /// Those of `ended` that end no leases of rows.
    pub(super) fn without_row(&self, ended: &[Ended]) -> Vec<Ended> {
        let is_other = |each: &&Ended| !self.rows.contains_key(&key(each));
        ended.iter().filter(is_other).cloned().collect()
    }

    /// Notes how the store settled `ended`; of two verdicts on one lease the first was obeyed.
    pub(super) fn note(&mut self, ended: &[Ended], settled: Vec<Settled>) {
        for (ended, settled) in ended.iter().zip(settled) {
            if let Some(row) = self.rows.get_mut(&key(ended)) {
                row.settled.get_or_insert(settled);
            }
        }
    }

    /// How each of `ended` was settled, those without a row as `others` say; their rows are
    /// forgotten, for now it is heard.
    pub(super) fn answers(&mut self, ended: &[Ended], others: Vec<Settled>) -> Vec<Settled> {
        let mut others = others.into_iter();
        let answers = ended
            .iter()
            .map(|each| match self.rows.get_mut(&key(each)) {
                // A second verdict on it comes too late.
                Some(row) => row.settled.replace(Settled::TooLate),
                None => others.next(),
            });
        let answers = answers.map(|answer| answer.unwrap_or(Settled::TooLate));
        let answers = answers.collect();
        for each in ended {
            self.rows.remove(&key(each));
        }
        answers
    }
}

fn key(ended: &Ended) -> (TaskId, Fence) {
    (ended.id.clone(), ended.fence)
}
