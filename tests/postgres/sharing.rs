//! Several processes on one database: who has what, who lives, and who only sleeps.

use std::time::{Duration, Instant};

use adapters::postgres::PostgresAddress;
use chrono::TimeDelta;
use domain::model::{MailKey, MailKind};
use domain::ports::{
    Claim, Lease, MailClaim, MailLog as _, MailStep, Recorded, Settled, TaskQueue as _, Verdict,
};
use serde_json::Value;
use tests::patience::once_within;
use tests::postgres::{Database, PostgresServer};
use tests::samples::{task, worker};
use tokio::time::sleep;
use uuid::Uuid;

use super::{Process, soon};

/// As short as who is to be missed may be silent.
const SHORT: Duration = Duration::from_millis(1500);
/// Longer than a busy machine is between two signs of life of who is not to be missed.
const PATIENT: Duration = Duration::from_secs(5);
const NO_WAIT: Duration = Duration::ZERO;
const HOLD: TimeDelta = TimeDelta::minutes(11);
const KEY: MailKey = MailKey {
    kind: MailKind::Congratulation,
    cause: Uuid::from_u128(7),
};

fn database() -> (Database, PostgresAddress) {
    let database = PostgresServer::shared().database_with_tables();
    let address = database.address();
    (database, address)
}

async fn settle(process: &Process, lease: Lease) -> Settled {
    let ended = [lease.end(Verdict::Done(Value::Null))];
    process.store.settle(&ended).await.unwrap()[0]
}

pub(super) async fn sending(process: &Process, number: u128) -> MailClaim {
    process.store.alive(&worker(number)).await.unwrap();
    let claim = process.store.claim(KEY, worker(number), HOLD).await;
    let Claim::Granted(claim) = claim.unwrap() else {
        panic!("nobody else has claimed it");
    };
    let recorded = process.store.record(&claim, MailStep::Sending).await;
    assert_eq!(recorded.unwrap(), Recorded::InTime);
    claim
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_process_enqueues_another_hears_of_at_once() {
    let (_database, address) = database();
    let (ours, theirs) = (Process::at(&address).await, Process::at(&address).await);
    let wait = Duration::from_secs(30);
    // Sooner than the next look would be.
    once_within(Duration::from_millis(250), async |number| {
        let id = number.to_string();
        let leasing = async {
            let leases = theirs.lease(&worker(2), wait).await.unwrap();
            (leases, Instant::now())
        };
        let enqueuing = async {
            sleep(Duration::from_millis(100)).await;
            ours.store.enqueue(&[task(&id)]).await.unwrap();
            Instant::now()
        };
        let ((leases, heard), enqueued) = tokio::join!(leasing, enqueuing);

        assert_eq!(leases[0].envelope.id.as_str(), id);
        heard.saturating_duration_since(enqueued)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_work_of_a_silent_worker_goes_on_and_what_it_says_later_is_too_late() {
    let (_database, address) = database();
    let ours = Process::with_lease(&address, SHORT).await;
    let theirs = Process::with_lease(&address, SHORT).await;
    ours.store.enqueue(&[task("a")]).await.unwrap();
    let start = Instant::now();
    let lost = ours.lease(&worker(1), NO_WAIT).await.unwrap().remove(0);

    let taken_back = soon(async || {
        let count = theirs.store.alive(&worker(2)).await.unwrap();
        (0 < count).then_some(count)
    })
    .await;

    assert_eq!(taken_back, 1);
    assert!(SHORT <= start.elapsed(), "after {:?}", start.elapsed());
    let held = theirs.lease(&worker(2), NO_WAIT).await.unwrap().remove(0);
    assert_eq!((held.attempt, held.crashes), (1, 1));
    assert_eq!(settle(&ours, lost).await, Settled::TooLate);
    assert_eq!(settle(&theirs, held).await, Settled::InTime);
    assert!(ours.lease(&worker(1), NO_WAIT).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_work_of_a_worker_that_is_heard_of_is_let_alone() {
    let (_database, address) = database();
    let ours = Process::with_lease(&address, PATIENT).await;
    let theirs = Process::with_lease(&address, PATIENT).await;
    ours.store.enqueue(&[task("a")]).await.unwrap();
    let lease = ours.lease(&worker(1), NO_WAIT).await.unwrap().remove(0);

    let start = Instant::now();
    while start.elapsed() < PATIENT + PATIENT / 5 {
        ours.store.alive(&worker(1)).await.unwrap();
        assert_eq!(theirs.store.alive(&worker(2)).await.unwrap(), 0);
        sleep(PATIENT / 20).await;
    }

    assert_eq!(settle(&ours, lease).await, Settled::InTime);
}

/// Or whoever comes back first after an outage would take all the others for dead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_silent_does_not_judge_who_else_was() {
    let (_database, address) = database();
    let ours = Process::with_lease(&address, PATIENT).await;
    let theirs = Process::with_lease(&address, PATIENT).await;
    ours.store.enqueue(&[task("a")]).await.unwrap();
    let lease = ours.lease(&worker(1), NO_WAIT).await.unwrap().remove(0);
    theirs.store.alive(&worker(2)).await.unwrap();

    sleep(PATIENT + PATIENT / 5).await;

    assert_eq!(theirs.store.alive(&worker(2)).await.unwrap(), 0);
    ours.store.alive(&worker(1)).await.unwrap();
    assert_eq!(settle(&ours, lease).await, Settled::InTime);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mail_of_a_sender_that_only_sleeps_is_let_alone() {
    let (_database, address) = database();
    let ours = Process::with_lease(&address, SHORT).await;
    let theirs = Process::with_lease(&address, SHORT).await;
    let claim = sending(&ours, 1).await;

    // Its process is there and its session open, but nothing is heard of it.
    sleep(SHORT + SHORT / 5).await;

    let other = theirs.store.claim(KEY, worker(2), HOLD).await.unwrap();
    assert_eq!(other, Claim::Busy);
    let sent = ours.store.record(&claim, MailStep::Sent).await.unwrap();
    assert_eq!(sent, Recorded::InTime);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_mail_of_a_sender_that_is_gone_passes_on_in_doubt() {
    let (_database, address) = database();
    let ours = Process::with_lease(&address, SHORT).await;
    let theirs = Process::with_lease(&address, SHORT).await;
    let start = Instant::now();
    sending(&ours, 1).await;
    drop(ours);

    let claim = soon(
        async || match theirs.store.claim(KEY, worker(2), HOLD).await.unwrap() {
            Claim::Granted(claim) => Some(claim),
            busy => {
                assert_eq!(busy, Claim::Busy);
                None
            }
        },
    )
    .await;

    assert!(claim.is_in_doubt);
    assert!(SHORT <= start.elapsed(), "after {:?}", start.elapsed());
}

/// A restart of the server frees every lock; the living come back before they are missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_whose_session_is_lost_comes_back_before_it_is_missed() {
    let (database, address) = database();
    let ours = Process::with_lease(&address, PATIENT).await;
    let theirs = Process::with_lease(&address, PATIENT).await;
    let claim = sending(&ours, 1).await;

    database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database =
            (SELECT oid FROM pg_database WHERE datname = current_database())",
    );

    let other = theirs.store.claim(KEY, worker(2), HOLD).await.unwrap();
    assert_eq!(other, Claim::Busy, "it was heard of a moment ago");
    ours.store.alive(&worker(1)).await.unwrap();
    sleep(PATIENT + PATIENT / 5).await;
    let other = theirs.store.claim(KEY, worker(2), HOLD).await.unwrap();
    assert_eq!(other, Claim::Busy, "its lock is held again");
    let sent = ours.store.record(&claim, MailStep::Sent).await.unwrap();
    assert_eq!(sent, Recorded::InTime);
}
