//! Single mishaps of a relay, one after the other.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::memory::MemoryStore;
use domain::ports::{PortError, Queues, TaskQueue};
use domain::relay::Relay;
use domain::tasks::{OwnWork, QueueName};
use tests::samples::{task, worker};

use super::conveyor::{Data, MemoryConveyor};
use super::ledger::Ledger;
use super::lines::{ConveyorLine, StoreLine};
use super::stage::{Fate, Part, Stage, Stop};

/// A relay between a store and a conveyor, each of whose steps may go wrong at one place.
struct Way {
    stage: Arc<Stage>,
    store: Arc<MemoryStore>,
    conveyor: Arc<MemoryConveyor>,
    relay: Arc<Mutex<Option<Relay>>>,
}

impl Way {
    fn new() -> Self {
        let stage = Stage::new(false);
        let store = Arc::new(MemoryStore::new(stage.clock.clone()));
        let conveyor = Arc::new(MemoryConveyor::default());
        let ledger = Arc::new(Ledger::default());
        let line = Arc::new(StoreLine::new(stage.clone(), ledger, store.clone(), 0));
        let other_line = Arc::new(ConveyorLine::new(stage.clone(), conveyor.clone()));
        let own = OwnWork {
            names: vec![task("any").name],
            ..OwnWork::default()
        };
        let relay = Relay::new(line.clone(), line, other_line, worker(77), own);
        Self {
            stage,
            store,
            conveyor,
            relay: Arc::new(Mutex::new(Some(relay))),
        }
    }

    /// Enqueues a task, and lets the relay make a step in which what is asked before
    /// `mishap` fails.
    async fn carries(&self, id: &str, mishap: &str) -> Result<usize, PortError> {
        self.store.enqueue(&[task(id)]).await.unwrap();
        self.steps(mishap)
    }

    /// The ids of what the conveyor brings, each once.
    async fn messages(&self) -> Vec<String> {
        let queues = Queues::from(QueueName::default());
        let somebody = worker(1);
        let claiming = self.conveyor.lease(&somebody, &queues, 100, Duration::ZERO);
        let claimed = claiming.await.unwrap();
        let ids = claimed.iter().map(|lease| lease.envelope.id.to_string());
        let ids: BTreeSet<String> = ids.collect();
        ids.into_iter().collect()
    }

    fn steps(&self, mishap: &str) -> Result<usize, PortError> {
        let (relay, outcome) = (self.relay.clone(), Arc::new(Mutex::new(None)));
        let told = outcome.clone();
        let mut part: Part = Box::pin(async move {
            let mut own = relay.lock().unwrap().take().unwrap();
            let stepped = own.step(Duration::ZERO).await;
            *relay.lock().unwrap() = Some(own);
            *told.lock().unwrap() = Some(stepped);
        });
        let mut fate = Fate::Goes;
        while let Some(stop) = self.stage.turn(0, &mut part, fate) {
            fate = match stop {
                Stop::Before(what) if what == mishap => Fate::Fails,
                _ => Fate::Goes,
            };
        }
        let told = outcome.lock().unwrap().take();
        told.expect("a step that has ended")
    }
}

#[tokio::test]
async fn what_could_not_be_called_back_is_called_back_with_the_next_push() {
    let way = Way::new();
    way.carries("a", "nothing").await.unwrap();
    way.conveyor.restore(Data::default());
    let refused = way.carries("b", "call tasks back").await;
    assert!(refused.is_err(), "it knows that something is lost");

    way.carries("c", "nothing").await.unwrap();
    way.steps("nothing").unwrap();

    assert_eq!(way.messages().await, ["a", "b", "c"]);
}
