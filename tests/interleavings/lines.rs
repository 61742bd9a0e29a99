//! The lines from a process to whom it asks: each call may be cut off before or after.

mod conveyor;
mod rows;
mod tasks;

use std::sync::{Arc, Mutex};

use adapters::memory::MemoryStore;
use domain::ports::{Ended, Lease, PortError, Settled, TaskQueue, Verdict};

use super::conveyor::MemoryConveyor;
use super::ledger::Ledger;
use super::stage::{Process, Stage};

/// A process's line to the store.
pub(super) struct StoreLine {
    pub(super) stage: Arc<Stage>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) store: Arc<MemoryStore>,
    pub(super) process: Process,
    unheard: Unheard,
}

/// A process's line to the conveyor.
pub(super) struct ConveyorLine {
    stage: Arc<Stage>,
    conveyor: Arc<MemoryConveyor>,
    unheard: Unheard,
}

impl StoreLine {
    pub(super) fn new(
        stage: Arc<Stage>,
        ledger: Arc<Ledger>,
        store: Arc<MemoryStore>,
        process: Process,
    ) -> Self {
        Self {
            stage,
            ledger,
            store,
            process,
            unheard: Unheard::default(),
        }
    }
}

impl ConveyorLine {
    pub(super) fn new(stage: Arc<Stage>, conveyor: Arc<MemoryConveyor>) -> Self {
        Self {
            stage,
            conveyor,
            unheard: Unheard::default(),
        }
    }
}

/// Leases that were granted and of which the process has not heard: it gives them back when it
/// asks again, as the adapters do that have a server on the other side.
#[derive(Default)]
struct Unheard(Mutex<Vec<Ended>>);

impl Unheard {
    fn granted(&self, leases: &[Lease]) {
        let back = leases.iter().cloned();
        let back = back.map(|lease| lease.end(Verdict::Release));
        self.0.lock().unwrap().extend(back);
    }

    fn heard(&self) {
        self.0.lock().unwrap().clear();
    }

    async fn give_back(&self, queue: &dyn TaskQueue) -> Result<Vec<Ended>, PortError> {
        let back = std::mem::take(&mut *self.0.lock().unwrap());
        queue.settle(&back).await?;
        Ok(back)
    }
}

/// Those of `ended` that were settled in time.
fn in_time<'a>(ended: &'a [Ended], settled: &'a [Settled]) -> impl Iterator<Item = &'a Ended> {
    let pairs = ended.iter().zip(settled);
    pairs
        .filter(|(_, settled)| **settled == Settled::InTime)
        .map(|(ended, _)| ended)
}
