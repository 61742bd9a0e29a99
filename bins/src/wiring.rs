//! Decides which adapter answers which question; written once for all programs.

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
use adapters::http::Api;
use adapters::link_signer::HmacLinkSigner;
use adapters::login_throttle::{LoginLimits, MemoryLoginThrottle};
use adapters::password::Argon2Passwords;
use adapters::redis::RedisQueue;
use adapters::runner::Runner;
use adapters::token::RandomTokens;
use chrono::TimeDelta;
use domain::ports::{
    Clock, LinkSigner, MailLog, MailPauses, Queues, TaskQueue, TaskQueueAdmin, WorkerId,
};
use domain::tasks::QueueName;
use domain::use_cases::{
    BecomeArtistUseCase, BrowseUseCase, ChangeAlbumUseCase, CongratulateArtist,
    EditOwnAccountUseCase, IdentifyCallerUseCase, LogInUseCase, LogOutUseCase, PublishAlbumUseCase,
    RegisterAccountUseCase, TokenIssuer, UnsubscribeUseCase,
};
use uuid::Uuid;

use crate::arguments::NodeOptions;
use crate::housekeeping::{Housekeeper, Sweeper};
use crate::program::Failure;
use crate::settings::{PublicUrl, Settings};
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

    /// The HTTP API, whose links begin with `public_url`.
    pub(crate) fn api(&self, public_url: &PublicUrl) -> Result<Api, Failure> {
        let Self {
            settings,
            store,
            clock,
            ..
        } = self;
        let tokens = Arc::new(RandomTokens);
        let passwords = Arc::new(Argon2Passwords::new());
        let issuer = self.issuer()?;
        let throttle = Arc::new(MemoryLoginThrottle::new(LoginLimits {
            per_account: settings.login.attempts_per_account,
            per_address: settings.login.attempts_per_address,
            window: settings.login.window,
        }));
        Ok(Api {
            register: RegisterAccountUseCase::new(
                store.clone(),
                passwords.clone(),
                issuer.clone(),
                clock.clone(),
            ),
            log_in: LogInUseCase::new(
                store.clone(),
                store.clone(),
                passwords,
                throttle,
                issuer,
                clock.clone(),
            ),
            log_out: LogOutUseCase::new(store.clone(), tokens.clone()),
            identify: IdentifyCallerUseCase::new(store.clone(), tokens, clock.clone()),
            own_account: EditOwnAccountUseCase::new(store.clone()),
            become_artist: BecomeArtistUseCase::new(store.clone(), clock.clone()),
            browse: BrowseUseCase::new(store.clone(), store.clone()),
            publish_album: PublishAlbumUseCase::new(
                store.clone(),
                clock.clone(),
                settings.routes.queue_for::<CongratulateArtist>(),
            ),
            change_album: ChangeAlbumUseCase::new(store.clone()),
            unsubscribe: UnsubscribeUseCase::new(store.clone(), self.signer()?),
            readiness: store.clone(),
            public_url: public_url.to_string(),
        })
    }

    /// Registers accounts outside of the API.
    pub(crate) fn registrar(&self) -> Result<RegisterAccountUseCase, Failure> {
        Ok(RegisterAccountUseCase::new(
            self.store.clone(),
            Arc::new(Argon2Passwords::new()),
            self.issuer()?,
            self.clock.clone(),
        ))
    }

    /// Sends mails.
    pub(crate) fn mailing(&self) -> Result<Mailing, Failure> {
        let Settings { mail, .. } = &self.settings;
        Mailing::of(mail, self.clock.clone())
    }

    /// Every queue that our own workers are to serve.
    pub(crate) fn own_queues(&self) -> Queues {
        let Settings {
            routes, conveyor, ..
        } = &self.settings;
        let is_pythons = |queue: &&QueueName| {
            let pythons = conveyor.as_ref().map(|it| &it.python_queues);
            pythons.is_some_and(|queues| queues.contains(queue))
        };
        let own = routes.queues().filter(|queue| !is_pythons(queue));
        Queues::new(own.cloned()).unwrap_or_else(|| routes.default_queue().clone().into())
    }

    /// The queues with these names, as `-Q` has them, but for those `excluded`; when there are
    /// none the default queue, or with exclusions whatever our own workers are to serve.
    pub(crate) fn queues(&self, names: &[String], excluded: &[String]) -> Result<Queues, Failure> {
        let excluded = running::named(excluded, "-X")?;
        let served = if names.is_empty() && !excluded.is_empty() {
            self.own_queues()
        } else {
            running::queues(&self.settings, names)?
        };
        let served = served.names().iter();
        let left = served.filter(|name| !excluded.contains(name));
        Queues::new(left.cloned()).ok_or_else(|| "every queue is excluded by -X".into())
    }

    /// Runs tasks of `queues` as `worker`, mailing with `mailing`.
    pub(crate) fn runner(
        &self,
        worker: WorkerId,
        queues: Queues,
        public_url: &PublicUrl,
        mailing: &Mailing,
    ) -> Result<Runner, Failure> {
        let settings = running::settings(&self.settings, worker, queues);
        Ok(Runner::new(
            self.queue.clone(),
            self.clock.clone(),
            self.router(public_url, mailing)?,
            settings,
        ))
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

    fn issuer(&self) -> Result<TokenIssuer, Failure> {
        let good_for = TimeDelta::from_std(self.settings.api.token_ttl)?;
        Ok(TokenIssuer::new(Arc::new(RandomTokens), good_for))
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
