//! A worker as Celery sees it: results, what follows, events, remote control.

mod conf;

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::SystemClock;
use adapters::redis::{
    Events, Node, NodeSettings, RedisQueue, Reporter, ReporterSettings, RestoreSettings,
    ResultSettings, ResultStore, UnackedMessages, Wishes,
};
use adapters::runner::{Controls, Runner};
use domain::ports::{Clock, Queues, WorkerControl as _, WorkerId};
use serde_json::Map;
use tokio::join;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::conveying;
use crate::arguments::NodeOptions;
use crate::program::Failure;
use crate::settings::Settings;

/// How long Redis may take to hear that a worker goes.
const LEAVE_WITHIN: Duration = Duration::from_secs(1);

/// What a worker is to Celery's clients, monitors and command line, beside its work.
pub(crate) struct CeleryNode {
    node: Node,
    reporter: Arc<Reporter>,
    queue: Arc<RedisQueue>,
    worker: WorkerId,
    controls: Arc<Controls>,
    /// What Python workers hold, and when it is put back, if ever.
    unacked: UnackedMessages,
    restore: Option<RestoreSettings>,
}

impl CeleryNode {
    /// Has `runner` seen and heard as `options` say, if tasks go by Redis; without, nobody looks.
    pub(crate) fn of(
        runner: Runner,
        settings: &Settings,
        options: &NodeOptions,
        queue: Option<Arc<RedisQueue>>,
    ) -> Result<(Runner, Option<Self>), Failure> {
        let (Some(conveyor), Some(queue)) = (&settings.conveyor, queue) else {
            return Ok((runner, None));
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let are_wanted = settings.node.task_events;
        let events = Arc::new(Events::new(&options.name, Arc::clone(&clock), are_wanted));
        let results = results(settings, &clock)?;
        let reporter = Reporter::open(
            &conveyor.url,
            Arc::clone(&events),
            results.clone(),
            clock,
            reporting(settings),
        )?;
        let reporter = Arc::new(reporter);
        let node = Node::open(
            &conveyor.url,
            events,
            runner.controls(),
            results.map(|results| results as _),
            NodeSettings {
                prefix: conveyor.prefix.clone(),
                heartbeat: options.heartbeat,
                obeys: settings.node.remote_control,
                mingles: options.mingle,
                conf: conf::of(settings),
                defaults: Map::new(),
            },
        )?;
        let runner = runner.observed_by(reporter.clone());
        let this = Self {
            node,
            reporter,
            queue,
            worker: runner.worker(),
            controls: runner.controls(),
            unacked: conveying::unacked(conveyor)?,
            restore: conveyor.restore_after.map(restoring),
        };
        Ok((runner, Some(this)))
    }

    /// Is there while `work` goes on, which begins when the node knows what others know.
    pub(crate) async fn beside(self, work: impl Future<Output = ()>) {
        let over = CancellationToken::new();
        let work = async {
            self.node.meet().await;
            work.await;
            self.leave().await;
            over.cancel();
        };
        join!(
            work,
            self.node.run(over.clone()),
            self.reporter.run(over.clone()),
            self.unacked.watch(self.restore, over.clone()),
        );
    }
}

impl CeleryNode {
    /// Tells Redis that the worker goes, so that nobody has to miss it first.
    async fn leave(&self) {
        let Some(queues) = Queues::new(self.controls.queues()) else {
            return;
        };
        match timeout(LEAVE_WITHIN, self.queue.leave(&self.worker, &queues)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(count)) => tracing::info!(
                count,
                "handed back {count} messages that wait for their time: no other worker of ours is there"
            ),
            // It is missed soon enough.
            Ok(Err(_)) | Err(_) => tracing::debug!("redis could not be told that this worker goes"),
        }
    }
}

/// As Celery looks after ten seconds or so, but sooner when little time was given.
fn restoring(older_than: Duration) -> RestoreSettings {
    let every = (older_than / 3).clamp(Duration::from_secs(1), Duration::from_secs(30));
    RestoreSettings { older_than, every }
}

/// Where results are kept, if they are.
fn results(
    settings: &Settings,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Arc<ResultStore>>, Failure> {
    let conveyor = settings.conveyor.as_ref();
    let Some(results) = conveyor.and_then(|conveyor| conveyor.results.as_ref()) else {
        return Ok(None);
    };
    let how = ResultSettings {
        prefix: results.prefix.clone(),
        kept_for: results.kept_for,
        chords_kept_for: results.kept_for,
        ..ResultSettings::default()
    };
    let store = ResultStore::open(&results.url, Arc::clone(clock), how)?;
    Ok(Some(Arc::new(store)))
}

fn reporting(settings: &Settings) -> ReporterSettings {
    let conveyor = settings.conveyor.as_ref();
    let results = conveyor.and_then(|conveyor| conveyor.results.as_ref());
    let wishes = results.map(|results| Wishes {
        ignores_results: results.is_ignored,
        stores_errors: results.keeps_ignored_errors,
        tracks_started: results.tracks_started,
        is_extended: results.is_extended,
    });
    ReporterSettings {
        prefix: conveyor.map(|it| it.prefix.clone()).unwrap_or_default(),
        wishes: wishes.unwrap_or_default(),
        routes: settings.routes.clone(),
        priority: settings.sending.priority,
        inherits_priority: settings.sending.inherits_priority,
        tells_sent: settings.sending.tells_sent,
    }
}
