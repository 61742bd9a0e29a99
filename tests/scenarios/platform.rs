//! The platform of a story, whose steps are taken one by one.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::link_signer::HmacLinkSigner;
use adapters::mail::{Composer, MemoryMailer};
use adapters::memory::MemoryStore;
use async_trait::async_trait;
use chrono::TimeDelta;
use domain::model::{AlbumDetails, AlbumId, Caller, Mail};
use domain::ports::{
    AccountRepo, ArtistRepo, Gate, MailError, MailLog, MailPause, MailPauses, MailState, Mailer,
    Queues, TaskQueue, TaskQueueAdmin, TaskRow, TaskState, Verdict, WorkerId,
};
use domain::tasks::{QueueName, Router, Routes, attempt};
use domain::use_cases::{
    ChangeAlbumUseCase, CheckInactiveArtistsHandler, CongratulateArtistHandler, DeliverMail,
    InactivityPolicy, MailPolicy, OnDoubt, PublishAlbum, PublishAlbumUseCase, Published,
    RemindInactiveArtistHandler, UnsubscribeUseCase,
};
use serde_json::json;
use tests::samples;
use uuid::Uuid;

/// A platform without a runtime's loops: each step is taken by the story.
pub(super) struct Platform {
    pub(super) store: Arc<MemoryStore>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) mailer: Arc<FaultyMailer>,
    pub(super) router: Router,
    pub(super) publish: PublishAlbumUseCase,
    pub(super) change: ChangeAlbumUseCase,
    pub(super) unsubscribe: UnsubscribeUseCase,
    pub(super) ada: Caller,
}

/// Fails as it is told, and sends otherwise.
pub(super) struct FaultyMailer {
    pub(super) mailer: MemoryMailer,
    pub(super) faults: Mutex<Vec<Fault>>,
}

#[derive(Clone, Copy)]
pub(super) enum Fault {
    /// Refused for now, before the gate.
    Busy,
    /// Nobody's mail is taken, for a minute at least.
    Refused,
    /// The outcome of the last step is unknown, though the mail went out.
    AnswerLost,
    /// The process dies after the gate: nothing more is heard of this attempt.
    Death,
}

#[async_trait]
impl Mailer for FaultyMailer {
    async fn send(&self, mail: &Mail, gate: &dyn Gate) -> Result<(), MailError> {
        let fault = self.faults.lock().unwrap().pop();
        match fault {
            None => self.mailer.send(mail, gate).await,
            Some(Fault::Busy) => Err(MailError::Transient {
                reason: "421 busy".to_owned(),
            }),
            Some(Fault::Refused) => Err(MailError::Provider {
                reason: "535 wrong password".to_owned(),
                pause_for: Duration::from_mins(1),
            }),
            Some(Fault::AnswerLost) => {
                self.mailer.send(mail, gate).await?;
                Err(MailError::Doubtful {
                    reason: "the line went dead".to_owned(),
                })
            }
            Some(Fault::Death) => {
                self.mailer.send(mail, gate).await?;
                std::future::pending().await
            }
        }
    }
}

pub(super) const PUBLIC_URL: &str = "https://music.example";
pub(super) const WORKER: WorkerId = samples::worker(1);
pub(super) const NEXT_WORKER: WorkerId = samples::worker(2);

/// Thirty days of silence, then a reminder every thirty.
pub(super) const MONTHLY: InactivityPolicy = InactivityPolicy {
    after: TimeDelta::days(30),
    remind_every: TimeDelta::days(30),
};

pub(super) async fn platform(on_doubt: OnDoubt) -> Platform {
    platform_with(on_doubt, MONTHLY).await
}

pub(super) async fn platform_with(on_doubt: OnDoubt, inactivity: InactivityPolicy) -> Platform {
    let clock = Arc::new(ManualClock::at(samples::START));
    let store = Arc::new(MemoryStore::new(clock.clone()));
    let composer = Composer::new(None, "backbeat@music.example", clock.clone()).unwrap();
    let mailer = Arc::new(FaultyMailer {
        mailer: MemoryMailer::new(composer),
        faults: Mutex::default(),
    });
    let policy = MailPolicy {
        on_doubt,
        doubt_hold: TimeDelta::minutes(11),
    };
    let deliver = DeliverMail::new(
        store.clone(),
        store.clone(),
        mailer.clone(),
        clock.clone(),
        policy,
    );
    let congratulate = CongratulateArtistHandler::new(
        store.clone(),
        store.clone(),
        deliver.clone(),
        PUBLIC_URL.to_owned(),
    );
    let check = CheckInactiveArtistsHandler::new(
        store.clone(),
        store.clone(),
        store.clone(),
        inactivity,
        Routes::default(),
    );
    let signer = Arc::new(HmacLinkSigner::new("a secret of this story"));
    let remind = RemindInactiveArtistHandler::new(
        store.clone(),
        store.clone(),
        signer.clone(),
        deliver,
        inactivity,
        PUBLIC_URL.to_owned(),
    );
    let artist = samples::artist(1);
    AccountRepo::add(store.as_ref(), &samples::new_account(1))
        .await
        .unwrap();
    ArtistRepo::add(store.as_ref(), &artist).await.unwrap();
    Platform {
        publish: PublishAlbumUseCase::new(store.clone(), clock.clone(), QueueName::default()),
        change: ChangeAlbumUseCase::new(store.clone()),
        unsubscribe: UnsubscribeUseCase::new(store.clone(), signer),
        router: Router::default()
            .route(congratulate)
            .route(check)
            .route(remind),
        ada: Caller {
            account: samples::account(1),
            artist: Some(artist),
        },
        store,
        clock,
        mailer,
    }
}

impl Platform {
    pub(super) async fn publish(&self, name: &str) -> AlbumDetails {
        let request = PublishAlbum {
            id: AlbumId::new(Uuid::now_v7()),
            name: samples::value(name),
            release_date: None,
            cost: None,
            once: None,
        };
        match self.publish.run(&self.ada, request).await.unwrap() {
            Published::New(details) => details,
            Published::Repeated(_) => panic!("nothing was repeated"),
        }
    }

    /// Leases one due task, attempts it, settles it; `None` when there was none.
    pub(super) async fn step(&self) -> Option<Verdict> {
        self.step_of(WORKER).await
    }

    pub(super) async fn step_of(&self, worker: WorkerId) -> Option<Verdict> {
        let queues = Queues::from(QueueName::default());
        let leases = self.store.lease(&worker, &queues, 1, Duration::ZERO).await;
        let lease = leases.unwrap().pop()?;
        let (clock, (cancellation, slot)) = (self.clock.as_ref(), Default::default());
        let outcome = attempt(&self.router, clock, worker, &lease, cancellation, slot).await;
        let verdict = outcome.verdict();
        self.store
            .settle(&[lease.end(verdict.clone())])
            .await
            .unwrap();
        Some(verdict)
    }

    pub(super) fn mails(&self) -> Vec<Mail> {
        self.mailer
            .mailer
            .sent()
            .into_iter()
            .map(|sent| sent.mail)
            .collect()
    }

    pub(super) fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.mailer.faults.lock().unwrap().extend(faults);
    }

    pub(super) async fn tasks(&self, state: TaskState) -> usize {
        self.rows(state).await.len()
    }

    pub(super) async fn rows(&self, state: TaskState) -> Vec<TaskRow> {
        TaskQueueAdmin::list(self.store.as_ref(), state, 100)
            .await
            .unwrap()
    }

    pub(super) async fn pauses(&self) -> Vec<MailPause> {
        MailPauses::list(self.store.as_ref()).await.unwrap()
    }

    pub(super) async fn mail_states(&self) -> Vec<(MailState, u64)> {
        MailLog::counts(self.store.as_ref()).await.unwrap()
    }
}

pub(super) fn done(result: &str) -> Verdict {
    Verdict::Done(json!(result))
}
