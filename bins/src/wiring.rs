//! Decides which adapter answers which question; written once for all programs.

mod api;
mod conveying;
mod mail;
mod node;
mod place;
mod router;
mod running;
mod schedules;
mod secret;
mod store;

use std::sync::Arc;

use adapters::clock::SystemClock;
use adapters::link_signer::HmacLinkSigner;
use adapters::redis::RedisQueue;
use adapters::runner::Runner;
use domain::ports::{Clock, LinkSigner, MailLog, MailPauses, TaskQueue, TaskQueueAdmin, WorkerId};
use uuid::Uuid;

use crate::arguments::NodeOptions;
use crate::housekeeping::{Housekeeper, Sweeper};
use crate::program::Failure;
use crate::settings::Settings;
pub(crate) use mail::{Mailing, mail_place, overheard_mailer};
pub(crate) use node::CeleryNode;
use place::Place;
pub(crate) use running::runner_of;
use secret::secret;
use store::Store;
pub(crate) use store::StoreWriter;

/// The adapters of one process and what is built on them.
pub(crate) struct Platform {
    settings: Settings,
    store: Arc<dyn Store>,
    /// What carries tasks from the store to workers, if anything does.
    conveyor: Option<Arc<RedisQueue>>,
    /// Where workers find their tasks.
    queue: Arc<dyn TaskQueue>,
    clock: Arc<dyn Clock>,
    place: Place,
}

impl Platform {
    /// Opens the store that `settings` name and brings it to the form this version needs.
    ///
    /// The writer must be run for as long as anything is to be stored.
    pub(crate) async fn open(settings: Settings) -> Result<(Self, StoreWriter), Failure> {
        Self::open_at(settings, Arc::new(SystemClock)).await
    }

    /// As [`open`](Self::open), going by another calendar than the machine's.
    pub(crate) async fn open_at(
        settings: Settings,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, StoreWriter), Failure> {
        let place = Place::of(&settings.database)?;
        let (store, writer) = place.open(&settings, Arc::clone(&clock)).await?;
        let conveyor = conveying::open(&settings, &clock)?;
        let queue = conveying::queue(&store, conveyor.as_ref());
        Ok((
            Self {
                settings,
                store,
                conveyor,
                queue,
                clock,
                place,
            },
            writer,
        ))
    }

    /// Where the store lies, what carries tasks if it is not the store, and where mails go, for
    /// people to read.
    pub(crate) fn places(&self) -> (String, String) {
        let store = self.place.to_string();
        let data = match &self.settings.conveyor {
            Some(conveyor) => format!("{store}, tasks by {}", conveyor.url),
            None => store,
        };
        (data, mail_place(&self.settings.mail.to))
    }

    /// Sends mails.
    pub(crate) fn mailing(&self) -> Result<Mailing, Failure> {
        let Settings { mail, .. } = &self.settings;
        Mailing::of(mail, self.clock.clone())
    }

    /// Has `runner` seen by Celery's clients and monitors as `options` say, if tasks go by Redis.
    pub(crate) fn seen(
        &self,
        runner: Runner,
        options: &NodeOptions,
    ) -> Result<(Runner, Option<CeleryNode>), Failure> {
        CeleryNode::of(runner, &self.settings, options, self.conveyor.clone())
    }

    /// Keeps house.
    pub(crate) fn housekeeper(&self) -> Housekeeper {
        Housekeeper {
            admin: self.store.clone(),
            store: self.store.clone(),
            stranded: self.conveyor.is_none().then(|| self.store.clone() as _),
        }
    }

    /// Looks for dead workers as `worker`.
    pub(crate) fn sweeper(&self, worker: WorkerId) -> Sweeper {
        Sweeper {
            queue: self.queue.clone(),
            worker,
            every: self.settings.worker.heartbeat(),
        }
    }

    /// What an operator looks into.
    pub(crate) fn task_admin(&self) -> &dyn TaskQueueAdmin {
        self.store.as_ref()
    }

    /// What was mailed and what was not.
    pub(crate) fn mail_log(&self) -> &dyn MailLog {
        self.store.as_ref()
    }

    /// Who sends no mail for now.
    pub(crate) fn mail_pauses(&self) -> &dyn MailPauses {
        self.store.as_ref()
    }

    fn signer(&self) -> Result<Arc<dyn LinkSigner>, Failure> {
        let secret = secret(&self.settings)?;
        Ok(Arc::new(HmacLinkSigner::new(secret.reveal())))
    }
}

/// The identity of a process that works, new at each start.
pub(crate) fn new_worker() -> WorkerId {
    WorkerId::new(Uuid::now_v7())
}
