//! Several processes, each with its own store on the same file.

use std::time::Duration;

use chrono::TimeDelta;
use domain::model::{MailKey, MailKind};
use domain::ports::{
    Claim, MailLog as _, MailStep, Queues, Settled, TaskQueue as _, Verdict, WorkerId,
};
use domain::tasks::QueueName;
use futures_util::future::join_all;
use serde_json::Value;
use uuid::Uuid;

use super::{FIRST, Running, SECOND, ids, task};

const KEY: MailKey = MailKey {
    kind: MailKind::Congratulation,
    cause: Uuid::from_u128(7),
};

async fn pair() -> (tempfile::TempDir, Running, Running) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let ours = Running::on(&path).await;
    let theirs = Running::on(&path).await;
    (folder, ours, theirs)
}

#[tokio::test]
async fn what_one_process_enqueues_another_leases() {
    let (_folder, ours, theirs) = pair().await;
    let queues = Queues::from(QueueName::default());

    let wait = Duration::from_secs(30);
    let tasks = [task("a")];
    let (leased, _) = tokio::join!(
        theirs.store.lease(&SECOND, &queues, 9, wait),
        ours.store.enqueue(&tasks)
    );

    assert_eq!(ids(&leased.unwrap()), ["a"]);
    assert!(ours.lease(&FIRST).await.is_empty());
}

#[tokio::test]
async fn the_work_of_a_living_process_is_let_alone_and_that_of_a_dead_one_goes_on() {
    let (_folder, ours, theirs) = pair().await;
    ours.store.enqueue(&[task("a")]).await.unwrap();
    let lost = ours.lease(&FIRST).await.remove(0);

    assert_eq!(theirs.store.alive(&SECOND).await.unwrap(), 0);
    ours.store.forget(&FIRST);

    assert_eq!(theirs.store.alive(&SECOND).await.unwrap(), 1);
    let held = theirs.lease(&SECOND).await.remove(0);
    assert_eq!((held.attempt, held.crashes), (1, 1));
    let done = |lease: domain::ports::Lease| [lease.end(Verdict::Done(Value::Null))];
    let late = ours.store.settle(&done(lost)).await.unwrap();
    assert_eq!(late, [Settled::TooLate]);
    let in_time = theirs.store.settle(&done(held)).await.unwrap();
    assert_eq!(in_time, [Settled::InTime]);
}

/// Left to itself `SQLite` lets whoever asks at the right moment write, and a busy process
/// asks again within microseconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_process_leaves_the_others_their_turn() {
    let (_folder, busy, other) = pair().await;
    let flood = join_all((0..64).map(|caller| {
        let store = busy.store.clone();
        async move {
            for number in 0.. {
                let task = task(&format!("{caller}.{number}"));
                store.enqueue(&[task]).await.unwrap();
            }
        }
    }));
    let few = async {
        for number in 0..30 {
            let task = task(&format!("other.{number}"));
            other.store.enqueue(&[task]).await.unwrap();
        }
    };

    let patience = Duration::from_mins(1);
    tokio::select! {
        _ = flood => unreachable!("it never ends"),
        done = tokio::time::timeout(patience, few) => done.expect("30 turns"),
    }
}

#[tokio::test]
async fn the_first_lease_takes_up_the_work_of_the_dead() {
    let (folder, ours, theirs) = pair().await;
    ours.store.enqueue(&[task("a")]).await.unwrap();
    ours.lease(&FIRST).await;
    ours.store.forget(&FIRST);

    assert_eq!(ids(&theirs.lease(&SECOND).await), ["a"]);

    let locks = folder.path().join("store.db-workers");
    let names = std::fs::read_dir(locks).unwrap();
    let workers: Vec<_> = names
        .filter_map(|entry| Uuid::try_parse(entry.unwrap().file_name().to_str()?).ok())
        .collect();
    assert_eq!(workers, [SECOND.as_uuid()]);
}

#[tokio::test]
async fn more_than_one_write_holds_comes_back_from_the_dead() {
    let (_folder, ours, theirs) = pair().await;
    let tasks: Vec<_> = (0..2_500).map(|each| task(&each.to_string())).collect();
    ours.store.enqueue(&tasks).await.unwrap();
    let queues = Queues::from(QueueName::default());
    let leased = ours.store.lease(&FIRST, &queues, 2_500, Duration::ZERO);
    assert_eq!(leased.await.unwrap().len(), 2_500);

    ours.store.forget(&FIRST);

    assert_eq!(theirs.store.alive(&SECOND).await.unwrap(), 2_500);
}

#[tokio::test]
async fn a_mail_at_its_final_step_passes_on_when_its_sender_is_dead() {
    let (_folder, ours, theirs) = pair().await;
    let hold = TimeDelta::hours(1);
    ours.store.alive(&FIRST).await.unwrap();
    let Claim::Granted(claim) = ours.store.claim(KEY, FIRST, hold).await.unwrap() else {
        panic!("nobody else claims");
    };
    ours.store.record(&claim, MailStep::Sending).await.unwrap();

    let while_alive = theirs.store.claim(KEY, SECOND, hold).await.unwrap();
    ours.store.forget(&FIRST);
    let when_dead = theirs.store.claim(KEY, SECOND, hold).await.unwrap();

    assert_eq!(while_alive, Claim::Busy);
    assert!(matches!(when_dead, Claim::Granted(claim) if claim.is_in_doubt));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_write_at_once_wait_for_each_other() {
    let (_folder, ours, theirs) = pair().await;

    let many = (0..40).map(|number| {
        let store = [&ours.store, &theirs.store][number % 2].clone();
        tokio::spawn(async move {
            let worker = WorkerId::new(Uuid::from_u128(100 + (number % 2) as u128));
            let queues = Queues::from(QueueName::default());
            store.enqueue(&[task(&number.to_string())]).await.unwrap();
            let leased = store.lease(&worker, &queues, 2, Duration::ZERO).await;
            leased.unwrap().len()
        })
    });
    let leased: usize = join_all(many).await.into_iter().map(Result::unwrap).sum();

    let left = ours.lease(&FIRST).await.len() + theirs.lease(&SECOND).await.len();
    assert_eq!(leased + left, 40);
}
