//! Says that a worker is there.

use std::time::Duration;

use redis::RedisResult;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::{Node, machine};
use crate::redis::wire::events::{Vitals, WorkerEvent, one_event};

/// How often a worker that keeps quiet looks whether somebody asks for it.
const QUIET: Duration = Duration::from_mins(1);
/// How soon it says so when what it says has changed: those who watch count along.
const SOON: Duration = Duration::from_millis(500);
/// How often a worker is said to say that it is there when it is asked whether it is.
const USUAL: Duration = Duration::from_secs(2);

impl Node {
    /// Says that the worker has come, and then again and again that it is there.
    pub(super) async fn be_heard(&self) {
        let mut event = WorkerEvent::Online;
        let is_heard = self.settings.heartbeat.is_some();
        let every = self.settings.heartbeat.unwrap_or(QUIET);
        loop {
            let told = self.vitals();
            if is_heard && self.tell(event).await.is_ok() {
                event = WorkerEvent::Heartbeat;
            }
            let asked = timeout(every, self.is_asked_or_has_changed(&told)).await;
            if asked.is_ok() && !is_heard {
                // Whoever asks is answered even by a worker that keeps quiet.
                let _ = self.tell(WorkerEvent::Heartbeat).await;
            }
        }
    }

    /// Waits until somebody asks, or, if it is heard, until it would say something else.
    async fn is_asked_or_has_changed(&self, told: &Vitals) {
        let changes = async {
            loop {
                sleep(SOON).await;
                let now = self.vitals();
                if (now.active, now.processed) != (told.active, told.processed) {
                    return;
                }
            }
        };
        tokio::select! {
            () = self.asked_for.notified() => {}
            () = changes, if self.settings.heartbeat.is_some() => {}
        }
    }

    /// Says that the worker goes.
    pub(super) async fn go_silent(&self) {
        if self.settings.heartbeat.is_some() {
            // Without Redis nobody hears it, and nobody takes it for living.
            let _ = self.tell(WorkerEvent::Offline).await;
        }
    }

    fn vitals(&self) -> Vitals {
        let in_hand = self.control.in_hand();
        let running = in_hand.iter().filter(|each| each.running_since.is_some());
        Vitals {
            every: self.settings.heartbeat.unwrap_or(USUAL).as_secs_f64(),
            active: running.count(),
            processed: self.control.begun().values().sum(),
            load: machine::load(),
        }
    }

    async fn tell(&self, event: WorkerEvent) -> RedisResult<()> {
        let vitals = self.vitals();
        let key = event.routing_key();
        let event = event.write(&vitals, &self.who.stamp());
        let message = one_event(&self.who.name, key, &event, Uuid::now_v7());
        self.publish_event(key, &message).await
    }
}
