//! What Celery's users expect of a task beside its work: results, what follows, and events.

mod chords;
mod errand;
mod following;
mod started;
mod wishes;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::ports::{Attempted, Clock, Fence, Lease, PortError, TaskObserver};
use domain::tasks::{Priority, Routes};

use self::errand::Errand;
use self::started::Started;
pub use self::wishes::Wishes;
use super::announcer::Announcer;
use super::error::failed;
use super::link::Link;
use super::node::Events;
use super::results::ResultStore;
use super::url::RedisUrl;

/// How a reporter goes about it.
#[derive(Clone, Debug, Default)]
pub struct ReporterSettings {
    /// What the keys of the broker begin with (`global_keyprefix`).
    pub prefix: String,
    /// Which results are stored.
    pub wishes: Wishes,
    /// Which queue a task that follows goes to unless its signature says so.
    pub routes: Routes,
    /// How urgent it is unless its signature says so (`task_default_priority`).
    pub priority: Priority,
    /// Whether it is as urgent as the task it follows (`task_inherit_parent_priority`).
    pub inherits_priority: bool,
    /// Whether those who watch are told of it (`task_send_sent_event`).
    pub tells_sent: bool,
}

/// Hears how tasks fare in a worker, and does what Celery's users expect then: stores results for
/// those who wait, sends what follows (callbacks, the next step of a chain, the body of a chord),
/// counts the parts of chords, and tells those who watch.
///
/// All that is done before the queue hears that a task has ended. So a death between doing and
/// telling does it again, as it does the task again; ids are the same then.
pub struct Reporter {
    events: Arc<Events>,
    results: Option<Arc<ResultStore>>,
    broker: Link,
    announcer: Option<Announcer>,
    clock: Arc<dyn Clock>,
    started: Started,
    /// Those whose errands are done already, while others of their batch are not.
    done: Mutex<HashSet<Fence>>,
    settings: ReporterSettings,
}

impl Reporter {
    /// A reporter to `events`, and to `results` if anybody waits for results, which sends what
    /// follows by the broker at `url`.
    ///
    /// # Errors
    ///
    /// When no connection can be made of what `url` says.
    pub fn open(
        url: &RedisUrl,
        events: Arc<Events>,
        results: Option<Arc<ResultStore>>,
        clock: Arc<dyn Clock>,
        settings: ReporterSettings,
    ) -> Result<Self, PortError> {
        let announcer = || Announcer::at(url, &settings.prefix, Arc::clone(&clock));
        Ok(Self {
            events,
            results,
            broker: Link::to(url).map_err(failed("open"))?,
            announcer: settings.tells_sent.then(announcer),
            clock,
            started: Started::default(),
            done: Mutex::default(),
            settings,
        })
    }

    fn done(&self) -> MutexGuard<'_, HashSet<Fence>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TaskObserver for Reporter {
    fn received(&self, lease: &Lease) {
        self.events.received(lease);
    }

    fn started(&self, lease: &Lease) {
        self.events.started(lease);
        self.note_started(lease);
    }

    async fn ended(&self, attempts: &[Attempted]) -> Result<(), PortError> {
        let errands: Vec<Errand<'_>> = attempts
            .iter()
            .map(|attempted| self.errand(attempted))
            .collect();
        for errand in errands.iter().filter(|errand| errand.sends()) {
            if !self.done().contains(&errand.fence()) {
                self.send(errand).await?;
                self.done().insert(errand.fence());
            }
        }
        self.store(&errands).await?;
        for errand in &errands {
            self.count_part(errand).await?;
        }
        let mut done = self.done();
        for attempted in attempts {
            done.remove(&attempted.lease.fence);
            self.events.ended(attempted);
        }
        Ok(())
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reporter").field(&self.broker).finish()
    }
}
