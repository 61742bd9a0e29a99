//! The laws of lending rows to whoever conveys them.

mod relaying;
mod taking;
mod tracing;

use domain::ports::{Push, WorkerId};
use domain::tasks::Envelope;
use tests::samples::worker;

use super::world::{NO_WAIT, World};

/// A relay.
const RELAY: WorkerId = worker(77);
/// Another relay.
const OTHER_RELAY: WorkerId = worker(78);

/// Marks what is due as pushed by [`RELAY`] under this number.
async fn relay(world: &World, number: u64) -> Vec<Envelope> {
    let push = Push {
        relay: RELAY,
        number,
    };
    world.outbox.relay(push, 9, NO_WAIT).await.unwrap()
}

fn names(tasks: &[Envelope]) -> Vec<&str> {
    tasks.iter().map(|task| task.id.as_str()).collect()
}
