//! A worker: it leases, makes attempts, each beside the others, and settles them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Lease, Queues, TaskQueue};
use domain::tasks::{Context, Handler, QueueName, Reason, Router, Task, TaskError, attempt};
use domain::use_cases::{CongratulateArtistHandler, DeliverMail};
use serde::{Deserialize, Serialize};

use super::{House, identity};
use crate::interleavings::ledger::Ledger;
use crate::interleavings::lines::StoreLine;
use crate::interleavings::post_office::PostOffice;
use crate::interleavings::stage::{Fate, Process, Stage};

/// How many tasks a worker does at once.
const CONCURRENCY: usize = 2;

/// What beats fire.
#[derive(Serialize, Deserialize)]
pub(super) struct Work {}

impl Task for Work {
    type Output = ();
    const NAME: &'static str = "samples.work";
}

struct WorkHandler {
    stage: Arc<Stage>,
    ledger: Arc<Ledger>,
}

#[async_trait]
impl Handler<Work> for WorkHandler {
    async fn handle(&self, _: Work, context: &Context) -> Result<(), TaskError> {
        if self.stage.before("work").await == Fate::Fails {
            return Err(TaskError::Retry(Reason::new("it did not work")));
        }
        let mut pages = self.ledger.pages();
        *pages.carried_out.entry(context.id.to_string()).or_default() += 1;
        Ok(())
    }
}

struct Worker {
    stage: Arc<Stage>,
    process: Process,
    queue: Arc<dyn TaskQueue>,
    router: Router,
    running: AtomicUsize,
}

pub(super) fn starts(house: &House, process: Process, line: &Arc<StoreLine>) {
    let queue = house.queue(line);
    let worker = Worker {
        stage: house.stage.clone(),
        process,
        queue: queue.clone(),
        router: router(house, process, line),
        running: AtomicUsize::new(0),
    };
    house.starts_living(process, queue);
    house.starts_relaying(process, line);
    house
        .stage
        .begin(process, Box::pin(Arc::new(worker).works()));
}

fn router(house: &House, process: Process, line: &Arc<StoreLine>) -> Router {
    let post_office = PostOffice {
        stage: house.stage.clone(),
        ledger: house.ledger.clone(),
        process,
    };
    let deliver = DeliverMail::new(
        line.clone(),
        house.store.clone(),
        Arc::new(post_office),
        house.stage.clock.clone(),
        house.policy,
    );
    let url = "https://music.example".to_owned();
    let congratulate =
        CongratulateArtistHandler::new(line.clone(), house.store.clone(), deliver, url);
    let work = WorkHandler {
        stage: house.stage.clone(),
        ledger: house.ledger.clone(),
    };
    Router::default().route(congratulate).route(work)
}

impl Worker {
    async fn works(self: Arc<Self>) {
        let queues = Queues::from(QueueName::default());
        let mut in_vain = 0;
        loop {
            let room = CONCURRENCY - self.running.load(Ordering::Relaxed);
            let leases = self
                .queue
                .lease(&identity(self.process), &queues, room, Duration::ZERO)
                .await;
            let leases = leases.unwrap_or_default();
            in_vain = if leases.is_empty() { in_vain + 1 } else { 0 };
            for lease in leases {
                self.running.fetch_add(1, Ordering::Relaxed);
                let doing = self.clone().does(lease);
                self.stage.begin(self.process, Box::pin(doing));
            }
            self.stage.rest(in_vain).await;
        }
    }

    /// Makes one attempt, and says how it ended as often as it takes.
    async fn does(self: Arc<Self>, lease: Lease) {
        let (clock, worker) = (self.stage.clock.as_ref(), identity(self.process));
        let (cancellation, slot) = Default::default();
        let outcome = attempt(&self.router, clock, worker, &lease, cancellation, slot).await;
        let verdict = outcome.verdict();
        self.stage.note(|| {
            format!(
                "process {}: {} {verdict:?}",
                self.process, lease.envelope.id
            )
        });
        let ended = [lease.end(verdict)];
        let mut tries = 0;
        while self.queue.settle(&ended).await.is_err() {
            self.stage.rest(tries).await;
            tries += 1;
        }
        self.running.fetch_sub(1, Ordering::Relaxed);
    }
}
