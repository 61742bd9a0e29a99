//! The cast: what each kind of program does, put together from the real parts.

mod api;
mod beat;
mod worker;

use std::sync::Arc;

use adapters::memory::MemoryStore;
use domain::ports::{Outbox, TaskQueue, WorkerId};
use domain::relay::{Relay, RelayedQueue};
use domain::tasks::{OwnWork, Task as _};
use domain::use_cases::{CongratulateArtist, MailPolicy};
use tests::samples::{value, worker};

pub(super) use self::api::{Desk, Request};
pub(super) use self::beat::entries;
use self::worker::Work;
use super::conveyor::MemoryConveyor;
use super::ledger::Ledger;
use super::lines::{ConveyorLine, StoreLine};
use super::stage::{Process, Stage};

/// What kinds of programs there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Api,
    Worker,
    Beat,
}

/// What all processes have in common.
pub(super) struct House {
    pub(super) stage: Arc<Stage>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) store: Arc<MemoryStore>,
    /// None when workers lease from the store.
    pub(super) conveyor: Option<Arc<MemoryConveyor>>,
    pub(super) desk: Arc<Desk>,
    pub(super) policy: MailPolicy,
    /// How many schedule entries there are.
    pub(super) entries: u32,
}

/// Who a process is to the store and the conveyor.
pub(super) fn identity(process: Process) -> WorkerId {
    worker(1000 + process as u128)
}

impl House {
    /// Starts everything that goes on in a process of this kind.
    pub(super) fn starts(&self, role: Role, process: Process) {
        let line = Arc::new(StoreLine::new(
            self.stage.clone(),
            self.ledger.clone(),
            self.store.clone(),
            process,
        ));
        match role {
            Role::Api => api::starts(self, process, line),
            Role::Worker => worker::starts(self, process, &line),
            Role::Beat => beat::starts(self, process, &line),
        }
    }

    fn conveyor_line(&self, conveyor: &Arc<MemoryConveyor>) -> Arc<ConveyorLine> {
        Arc::new(ConveyorLine::new(self.stage.clone(), conveyor.clone()))
    }

    /// The queue as a worker has it.
    fn queue(&self, line: &Arc<StoreLine>) -> Arc<dyn TaskQueue> {
        let store: Arc<dyn TaskQueue> = line.clone();
        let outbox: Arc<dyn Outbox> = line.clone();
        match &self.conveyor {
            None => store,
            Some(conveyor) => {
                let conveyor = self.conveyor_line(conveyor);
                Arc::new(RelayedQueue::new(store, outbox, conveyor))
            }
        }
    }

    /// Says that a process lives, again and again.
    fn starts_living(&self, process: Process, queue: Arc<dyn TaskQueue>) {
        let stage = self.stage.clone();
        let living = async move {
            loop {
                // Whether it went well or not: it is said again.
                drop(queue.alive(&identity(process)).await);
                stage.rest(4).await;
            }
        };
        self.stage.begin(process, Box::pin(living));
    }

    /// Carries rows to the conveyor, if there is one.
    fn starts_relaying(&self, process: Process, line: &Arc<StoreLine>) {
        let Some(conveyor) = &self.conveyor else {
            return;
        };
        let conveyor = self.conveyor_line(conveyor);
        let (store, outbox) = (line.clone(), line.clone());
        let relay = Relay::new(store, outbox, conveyor, identity(process), own_work());
        let relaying = relaying(relay, self.stage.clone());
        self.stage.begin(process, Box::pin(relaying));
    }
}

/// As the programs do it: a step after the other, and now and then a look at what got lost.
async fn relaying(mut relay: Relay, stage: Arc<Stage>) {
    const STEPS_TO_A_LOOK: u32 = 4;
    let (mut in_vain, mut steps) = (0, 0);
    loop {
        let stepped = relay.step(std::time::Duration::ZERO).await;
        steps += 1;
        let mut mended = Ok(0);
        if stepped.is_ok() && STEPS_TO_A_LOOK <= steps {
            mended = relay.mend().await;
            steps = 0;
        }
        let did_something = matches!(stepped, Ok(1..)) || matches!(mended, Ok(1..));
        in_vain = if did_something { 0 } else { in_vain + 1 };
        stage.rest(in_vain).await;
    }
}

fn own_work() -> OwnWork {
    OwnWork {
        names: vec![value(CongratulateArtist::NAME), value(Work::NAME)],
        ..OwnWork::default()
    }
}
