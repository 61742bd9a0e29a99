//! Says that a worker is there.

use std::time::Duration;

use redis::RedisResult;
use tokio::time::timeout;
use uuid::Uuid;

use super::{Node, machine};
use crate::redis::wire::events::{Vitals, WorkerEvent, one_event};

/// How often a worker says that it is there; who watches takes it for gone after twice as long.
const EVERY: Duration = Duration::from_secs(2);

impl Node {
    /// Says that the worker has come, and then again and again that it is there.
    pub(super) async fn be_heard(&self) {
        let mut event = WorkerEvent::Online;
        loop {
            if self.settings.is_heard && self.tell(event).await.is_ok() {
                event = WorkerEvent::Heartbeat;
            }
            if timeout(EVERY, self.asked_for.notified()).await.is_ok() && !self.settings.is_heard {
                // Whoever asks is answered even by a worker that keeps quiet.
                let _ = self.tell(WorkerEvent::Heartbeat).await;
            }
        }
    }

    /// Says that the worker goes.
    pub(super) async fn go_silent(&self) {
        if self.settings.is_heard {
            // Without Redis nobody hears it, and nobody takes it for living.
            let _ = self.tell(WorkerEvent::Offline).await;
        }
    }

    async fn tell(&self, event: WorkerEvent) -> RedisResult<()> {
        let in_hand = self.control.in_hand();
        let running = in_hand.iter().filter(|each| each.running_since.is_some());
        let vitals = Vitals {
            every: EVERY.as_secs_f64(),
            active: running.count(),
            processed: self.control.begun().values().sum(),
            load: machine::load(),
        };
        let key = event.routing_key();
        let event = event.write(&vitals, &self.who.stamp());
        let message = one_event(&self.who.name, key, &event, Uuid::now_v7());
        self.publish_event(key, &message).await
    }
}
