//! One story that leaves a row of every kind, and what is to be seen of it.

use std::time::Duration;

use chrono::TimeDelta;
use domain::model::{MailKey, MailKind};
use domain::ports::{
    Claim, Firing, MailClaim, MailLog, MailState, MailStep, NewEntry, Occurrence, Outbox, Push,
    Queues, ScheduleRepo, Skipped, TaskQueue, TaskQueueAdmin, TaskState, Verdict, WorkerId,
};
use domain::tasks::{Due, Envelope, Payload, Priority, QueueName, Reason};
use serde_json::{Map, Value, json};
use tests::samples::{START, schedule_entry, task, value, worker};
use uuid::Uuid;

/// The tables whose rows other versions meet.
pub(super) const TABLES: [&str; 5] = [
    "tasks",
    "mail_log",
    "schedule_entries",
    "occurrences",
    "skipped_occurrences",
];
/// Columns whose values are drawn by lot or read off the machine's clock.
const BY_CHANCE: [&str; 5] = ["fence", "moved", "moved_at", "sending_at", "seq"];

const WORKER: WorkerId = worker(1);
const NO_WAIT: Duration = Duration::ZERO;

/// What the story asks of a store.
pub(super) trait Store:
    TaskQueue + TaskQueueAdmin + Outbox + MailLog + ScheduleRepo
{
}

impl<S: TaskQueue + TaskQueueAdmin + Outbox + MailLog + ScheduleRepo> Store for S {}

/// Leaves a row of every kind in `store`, whose clock stands still.
pub(super) async fn story(store: &dyn Store) {
    TaskQueue::alive(store, &WORKER).await.unwrap();
    for id in ["done", "retried", "postponed", "buried", "running"] {
        store.enqueue(&[task(id)]).await.unwrap();
        let lease = lease(store).await;
        let verdict = match id {
            "done" => Verdict::Done(json!("well")),
            "retried" => Verdict::Retry(Duration::from_secs(5), Reason::new("451 not now")),
            "postponed" => Verdict::Postpone(Duration::from_secs(30), Reason::new("busy")),
            "buried" => Verdict::Bury(Reason::new("no hope")),
            _ => break,
        };
        store.settle(&[lease.end(verdict)]).await.unwrap();
    }
    let push = Push {
        relay: worker(77),
        number: 3,
    };
    store.enqueue(&[task("relayed")]).await.unwrap();
    store.relay(push, 9, NO_WAIT).await.unwrap();
    store.enqueue(&[with_all(), task("ready")]).await.unwrap();
    mails(store).await;
    schedules(store).await;
}

async fn lease(store: &dyn Store) -> domain::ports::Lease {
    let queues = Queues::from(QueueName::default());
    let leases = TaskQueue::lease(store, &WORKER, &queues, 1, NO_WAIT).await;
    leases.unwrap().pop().expect("a task that is due")
}

/// A task with all it may have.
fn with_all() -> Envelope {
    Envelope {
        payload: Payload::from_bytes(r#"[[16, "a"], {"é": null}, {}]"#.into()),
        queue: value("mails"),
        priority: Priority::new(6),
        due: Due::At(START + TimeDelta::hours(1)),
        expires_at: Some(START + TimeDelta::hours(2)),
        key: Some(value("work:1")),
        headers: json!({"tenant": "acme", "trace": {"id": 7}})
            .as_object()
            .unwrap()
            .clone(),
        ..task("with all")
    }
}

/// One mail in each state, and one in doubt.
async fn mails(store: &dyn Store) {
    let parked = MailStep::Parked(Reason::new("550 no such user"));
    let lives: [&[MailStep]; 5] = [
        &[],
        &[MailStep::Sending],
        &[MailStep::Sending, MailStep::Sent],
        &[parked],
        &[MailStep::Sending, MailStep::Doubt],
    ];
    for (number, steps) in (1..).zip(lives) {
        let claim = claim(store, number).await;
        for step in steps {
            store.record(&claim, step.clone()).await.unwrap();
        }
    }
}

async fn claim(store: &dyn Store, number: u128) -> MailClaim {
    let key = MailKey {
        kind: MailKind::ALL[usize::try_from(number % 2).unwrap()],
        cause: Uuid::from_u128(number),
    };
    let hold = TimeDelta::minutes(11);
    match store.claim(key, WORKER, hold).await.unwrap() {
        Claim::Granted(claim) => claim,
        refused => panic!("the right to send, but {refused:?}"),
    }
}

/// An entry that has fired and skipped, and one that has just begun.
async fn schedules(store: &dyn Store) {
    let entry = schedule_entry("nightly", 30);
    let due = START + TimeDelta::seconds(90);
    let entries = ["nightly", "new"].map(|name| NewEntry {
        name: value(name),
        schedule: entry.schedule.to_string(),
    });
    let standings = store.register(&entries).await.unwrap();
    let firing = Firing {
        entry: entry.name.clone(),
        schedule: entries[0].schedule.clone(),
        last_due: standings[0].last_due,
        skipped: Some(Skipped {
            from: START + TimeDelta::seconds(30),
            to: START + TimeDelta::seconds(60),
            count: 2,
        }),
        occurrence: Some(Occurrence {
            due,
            task: entry.seal(due, due),
        }),
    };
    store.fire(&[firing]).await.unwrap();
}

/// All that is to be seen of the rows of `store`; and it is worked with, too.
pub(super) async fn seen(store: &dyn Store) -> Vec<String> {
    let mut seen = Vec::new();
    for state in TaskState::ALL {
        let mut rows = TaskQueueAdmin::list(store, state, 100).await.unwrap();
        rows.sort_by_key(|row| row.id.to_string());
        seen.extend(rows.iter().map(|row| format!("{row:?}")));
    }
    for state in MailState::ALL {
        let mut mails = MailLog::list(store, state, 100).await.unwrap();
        mails.sort_by_key(|mail| mail.key.cause);
        seen.extend(mails.iter().map(|mail| format!("{mail:?}")));
    }
    let entries = ScheduleRepo::list(store).await.unwrap();
    seen.extend(entries.iter().map(|entry| format!("{entry:?}")));
    for mut way in store.on_their_way().await.unwrap() {
        way.oldest = NO_WAIT;
        seen.push(format!("{way:?}"));
    }
    TaskQueue::alive(store, &WORKER).await.unwrap();
    let ready = lease(store).await;
    let taken = store.take(&WORKER, &[value("relayed")]).await.unwrap();
    for lease in [&ready, &taken[0]] {
        seen.push(format!("{:?} {}", lease.envelope, lease.attempt));
    }
    for number in [1, 5] {
        let MailClaim { is_in_doubt, .. } = claim(store, number).await;
        seen.push(format!("mail {number} is in doubt: {is_in_doubt}"));
    }
    seen
}

/// The rows without what differs from run to run.
pub(super) fn without_chance(rows: &Value) -> Value {
    let mut rows = rows.clone();
    for table in rows.as_object_mut().unwrap().values_mut() {
        for row in table.as_array_mut().unwrap() {
            let row: &mut Map<String, Value> = row.as_object_mut().unwrap();
            row.retain(|column, _| !BY_CHANCE.contains(&column.as_str()));
        }
        let rows = table.as_array_mut().unwrap();
        rows.sort_by_key(Value::to_string);
    }
    rows
}
