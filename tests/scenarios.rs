//! Stories, from a request to a mail, on memory adapters and a clock moved by hand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::clock::ManualClock;
use adapters::mail::{Composer, MemoryMailer};
use adapters::memory::MemoryStore;
use async_trait::async_trait;
use chrono::TimeDelta;
use domain::model::{AlbumDetails, AlbumEdit, AlbumId, Caller, Mail};
use domain::ports::{
    AccountRepo, ArtistRepo, Gate, MailError, MailLog, MailState, Mailer, Queues, TaskQueue,
    TaskQueueAdmin, TaskState, Verdict, WorkerId,
};
use domain::tasks::{Cancellation, Envelope, QueueName, Router, attempt};
use domain::use_cases::{
    ChangeAlbumUseCase, CongratulateArtist, CongratulateArtistHandler, DeliverMail, MailPolicy,
    OnDoubt, PublishAlbum, PublishAlbumUseCase, Published,
};
use serde_json::json;
use tests::samples;
use uuid::Uuid;

/// A platform without a runtime's loops: each step is taken by the story.
struct Platform {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    mailer: Arc<FaultyMailer>,
    router: Router,
    publish: PublishAlbumUseCase,
    change: ChangeAlbumUseCase,
    ada: Caller,
}

/// Fails as it is told, and sends otherwise.
struct FaultyMailer {
    mailer: MemoryMailer,
    faults: Mutex<Vec<Fault>>,
}

#[derive(Clone, Copy)]
enum Fault {
    /// Refused for now, before the gate.
    Busy,
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

const WORKER: WorkerId = samples::worker(1);
const NEXT_WORKER: WorkerId = samples::worker(2);

async fn platform(on_doubt: OnDoubt) -> Platform {
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
    let deliver = DeliverMail::new(store.clone(), mailer.clone(), clock.clone(), policy);
    let handler = CongratulateArtistHandler::new(
        store.clone(),
        store.clone(),
        deliver,
        "https://music.example".to_owned(),
    );
    let artist = samples::artist(1);
    AccountRepo::add(store.as_ref(), &samples::new_account(1))
        .await
        .unwrap();
    ArtistRepo::add(store.as_ref(), &artist).await.unwrap();
    Platform {
        publish: PublishAlbumUseCase::new(store.clone(), clock.clone(), QueueName::default()),
        change: ChangeAlbumUseCase::new(store.clone()),
        router: Router::default().route(handler),
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
    async fn publish(&self, name: &str) -> AlbumDetails {
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
    async fn step(&self) -> Option<Verdict> {
        self.step_of(WORKER).await
    }

    async fn step_of(&self, worker: WorkerId) -> Option<Verdict> {
        let queues = Queues::from(QueueName::default());
        let leases = self.store.lease(&worker, &queues, 1, Duration::ZERO).await;
        let lease = leases.unwrap().pop()?;
        let (clock, cancellation) = (self.clock.as_ref(), Cancellation::default());
        let verdict = attempt(&self.router, clock, worker, &lease, cancellation).await;
        self.store
            .settle(&[lease.end(verdict.clone())])
            .await
            .unwrap();
        Some(verdict)
    }

    fn mails(&self) -> Vec<Mail> {
        self.mailer
            .mailer
            .sent()
            .into_iter()
            .map(|sent| sent.mail)
            .collect()
    }

    fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.mailer.faults.lock().unwrap().extend(faults);
    }

    async fn tasks(&self, state: TaskState) -> usize {
        TaskQueueAdmin::list(self.store.as_ref(), state, 100)
            .await
            .unwrap()
            .len()
    }

    async fn mail_states(&self) -> Vec<(MailState, u64)> {
        MailLog::counts(self.store.as_ref()).await.unwrap()
    }
}

fn done(result: &str) -> Verdict {
    Verdict::Done(json!(result))
}

#[tokio::test]
async fn an_album_is_congratulated_once() {
    let platform = platform(OnDoubt::Resend).await;
    let details = platform.publish("First").await;

    assert_eq!(platform.step().await, Some(done("sent")));
    assert_eq!(platform.step().await, None);

    let mail = platform.mails().remove(0);
    assert_eq!(mail.to.address, platform.ada.account.email);
    assert!(mail.text.contains(&details.album.id.to_string()));
}

#[tokio::test]
async fn an_edit_sends_no_second_mail_and_the_mail_says_what_is_true_when_it_goes() {
    let platform = platform(OnDoubt::Resend).await;
    let details = platform.publish("Frist").await;
    let edit = |name: &str| AlbumEdit {
        name: Some(samples::value(name)),
        ..AlbumEdit::default()
    };

    platform
        .change
        .edit(&platform.ada, details.album.id, edit("First"))
        .await
        .unwrap();
    assert_eq!(platform.step().await, Some(done("sent")));
    platform
        .change
        .edit(&platform.ada, details.album.id, edit("Again"))
        .await
        .unwrap();

    assert_eq!(platform.step().await, None);
    assert_eq!(platform.mails().len(), 1);
    assert!(platform.mails()[0].subject.as_str().contains("First"));
}

#[tokio::test]
async fn a_deleted_album_is_not_congratulated() {
    let platform = platform(OnDoubt::Resend).await;
    let details = platform.publish("First").await;
    platform
        .change
        .delete(&platform.ada, details.album.id)
        .await
        .unwrap();

    assert_eq!(
        platform.step().await,
        Some(done("not sent: the album is gone"))
    );

    assert_eq!(platform.mails(), []);
}

#[tokio::test]
async fn the_same_task_from_elsewhere_finds_the_mail_sent() {
    let platform = platform(OnDoubt::Resend).await;
    let details = platform.publish("First").await;
    platform.step().await;
    let task = CongratulateArtist {
        artist_id: details.artist.id,
        album_id: details.album.id,
    };
    let foreign = Envelope::seal(&task, "from elsewhere", QueueName::default());
    platform.store.enqueue(&[foreign]).await.unwrap();

    assert_eq!(platform.step().await, Some(done("already sent")));

    assert_eq!(platform.mails().len(), 1);
}

#[tokio::test]
async fn a_congratulation_to_the_wrong_artist_is_buried() {
    let platform = platform(OnDoubt::Resend).await;
    let details = platform.publish("First").await;
    platform.store.purge(&QueueName::default()).await.unwrap();
    let task = CongratulateArtist {
        artist_id: samples::artist(2).id,
        album_id: details.album.id,
    };
    platform
        .store
        .enqueue(&[Envelope::seal(&task, 1, QueueName::default())])
        .await
        .unwrap();

    assert!(matches!(platform.step().await, Some(Verdict::Bury(_))));

    assert_eq!(platform.mails(), []);
}

#[tokio::test]
async fn a_busy_mail_server_delays_and_loses_nothing() {
    let platform = platform(OnDoubt::Resend).await;
    platform.publish("First").await;
    platform.faults([Fault::Busy; 5]);

    let mut attempts = 0;
    while platform.mails().is_empty() {
        if platform.step().await.is_some() {
            attempts += 1;
        }
        platform.clock.advance(TimeDelta::seconds(1));
    }

    assert_eq!(attempts, 6);
    // 5, 10, 20, 40 and 80 seconds, each give or take a fifth.
    let waited =
        (domain::ports::Clock::now(platform.clock.as_ref()) - samples::START).num_seconds();
    assert!((124..=192).contains(&waited), "{waited} s");
    assert_eq!(platform.tasks(TaskState::Done).await, 1);
}

#[tokio::test]
async fn after_72_hours_in_vain_the_mail_is_parked_and_the_task_buried() {
    let platform = platform(OnDoubt::Resend).await;
    platform.publish("First").await;
    platform.faults([Fault::Busy; 200]);

    while platform.tasks(TaskState::Buried).await == 0 {
        platform.step().await;
        platform.clock.advance(TimeDelta::minutes(5));
    }

    let waited = domain::ports::Clock::now(platform.clock.as_ref()) - samples::START;
    assert!(
        TimeDelta::hours(70) < waited && waited <= TimeDelta::hours(73),
        "{waited}"
    );
    assert_eq!(platform.mail_states().await, [(MailState::Parked, 1)]);
    assert_eq!(platform.mails(), []);
}

#[tokio::test]
async fn a_lost_answer_is_sent_again_or_parked_as_the_operator_decided() {
    for (on_doubt, copies, ends) in [
        (OnDoubt::Resend, 2, TaskState::Done),
        (OnDoubt::Park, 1, TaskState::Buried),
    ] {
        let platform = platform(on_doubt).await;
        platform.publish("First").await;
        platform.faults([Fault::AnswerLost]);

        while platform.tasks(ends).await == 0 {
            platform.step().await;
            platform.clock.advance(TimeDelta::seconds(1));
        }

        assert_eq!(platform.mails().len(), copies, "{on_doubt:?}");
        let ids: Vec<_> = platform.mails().iter().map(|mail| mail.key).collect();
        assert!(ids.iter().all(|key| *key == ids[0]), "copies are one mail");
    }
}

#[tokio::test]
async fn a_death_at_the_last_step_is_resent_or_parked_by_the_next_worker() {
    for (on_doubt, copies) in [(OnDoubt::Resend, 2), (OnDoubt::Park, 1)] {
        let platform = platform(on_doubt).await;
        platform.publish("First").await;
        platform.faults([Fault::Death]);
        let dying = tokio::time::timeout(Duration::from_millis(50), platform.step()).await;
        assert!(dying.is_err(), "it never ends");
        assert_eq!(platform.mail_states().await, [(MailState::Sending, 1)]);

        platform.store.forget(&WORKER);
        platform.store.alive(&NEXT_WORKER).await.unwrap();
        let verdict = platform.step_of(NEXT_WORKER).await.unwrap();

        assert_eq!(platform.mails().len(), copies, "{on_doubt:?}");
        match on_doubt {
            OnDoubt::Resend => assert_eq!(verdict, Verdict::Done(json!("sent"))),
            OnDoubt::Park => assert!(matches!(verdict, Verdict::Bury(_)), "{verdict:?}"),
        }
    }
}
