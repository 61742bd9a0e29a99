//! What one attempt makes of tasks of every kind.

mod cut_short;

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use pollster::block_on;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::ports::{Fence, MockClock, Verdict};
use crate::tasks::{Envelope, Handler, Payload, QueueName, Task, TaskName};

const WORKER: WorkerId = WorkerId::new(Uuid::nil());

#[derive(Serialize, Deserialize)]
struct Double {
    number: i64,
}

impl Task for Double {
    type Output = i64;
    const NAME: &'static str = "tasks.double";
    const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(1);
}

struct Doubler(Result<(), TaskError>);

#[async_trait]
impl Handler<Double> for Doubler {
    async fn handle(&self, task: Double, _: &Context) -> Result<i64, TaskError> {
        self.0.clone().map(|()| task.number * 2)
    }
}

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn lease() -> Lease {
    let envelope = Envelope::seal(&Double { number: 21 }, 21, QueueName::default());
    Lease {
        envelope,
        attempt: 1,
        crashes: 0,
        due_since: at(0),
        fence: Fence(1),
        conveyed: false,
    }
}

fn verdict(minutes: i64, outcome: Result<(), TaskError>, lease: &Lease) -> Verdict {
    attempted(minutes, outcome, lease).verdict()
}

fn attempted(minutes: i64, outcome: Result<(), TaskError>, lease: &Lease) -> Outcome {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(at(minutes));
    let router = Router::default().route(Doubler(outcome));
    block_on(attempt(
        &router,
        &clock,
        WORKER,
        lease,
        Cancellation::default(),
        Slot::default(),
    ))
}

fn reason() -> Reason {
    Reason::new("the line is dead")
}

fn buried(verdict: Verdict) -> String {
    match verdict {
        Verdict::Bury(reason) => reason.as_str().to_owned(),
        other => panic!("not buried but {other:?}"),
    }
}

#[test]
fn what_a_handler_returns_is_the_result() {
    assert_eq!(verdict(0, Ok(()), &lease()), Verdict::Done(json!(42)));
}

#[test]
fn a_failure_is_retried_until_the_deadline_and_then_buried() {
    let again = || Err(TaskError::Retry(reason()));
    let tenth = Lease {
        attempt: 10,
        ..lease()
    };

    assert_eq!(
        verdict(0, again(), &lease()),
        Verdict::Retry(back_off(&lease().envelope.id, 1), reason())
    );
    assert!(
        matches!(verdict(0, again(), &tenth), Verdict::Retry(wait, _) if wait > Duration::from_secs(2000))
    );
    assert_eq!(
        buried(verdict(59, again(), &tenth)),
        "given up at its deadline after 10 attempts, at last: the line is dead"
    );
}

#[test]
fn a_postponed_task_waits_as_long_as_it_asked_but_not_beyond_its_deadline() {
    let later = || Err(TaskError::Postpone(Duration::from_mins(10), reason()));

    assert_eq!(
        verdict(50, later(), &lease()),
        Verdict::Postpone(Duration::from_mins(10), reason())
    );
    assert_eq!(
        buried(verdict(51, later(), &lease())),
        "given up at its deadline after 1 attempts, at last: the line is dead"
    );
}

#[test]
fn a_rejected_task_is_buried_or_offered_again_but_not_beyond_its_deadline() {
    let again = || Err(TaskError::Requeue(reason()));

    let rejected = attempted(0, Err(TaskError::Reject(reason())), &lease());
    let failure = Failure::new(FailureKind::Rejected, reason().as_str());
    assert_eq!(rejected, Outcome::Failed(failure));
    assert_eq!(buried(rejected.verdict()), "the line is dead");
    let second = Duration::from_secs(1);
    assert_eq!(
        attempted(0, again(), &lease()),
        Outcome::Requeue(second, reason())
    );
    assert_eq!(
        verdict(5, again(), &lease()),
        Verdict::Postpone(30 * second, reason())
    );
    assert_eq!(
        buried(verdict(60, again(), &lease())),
        "given up at its deadline after 1 attempts, at last: the line is dead"
    );
}

#[test]
fn a_hopeless_task_is_buried_with_its_reason() {
    assert_eq!(
        buried(verdict(0, Err(TaskError::GiveUp(reason())), &lease())),
        "the line is dead"
    );
}

#[test]
fn a_task_that_says_when_is_retried_then_until_it_was_retried_often_enough() {
    let router = Router::default().route(Stubborn);
    let mut clock = MockClock::new();
    clock.expect_now().return_const(at(0));
    let after = |attempt| {
        let mut lease = lease();
        lease.envelope.name = TaskName::try_from(Persist::NAME.to_owned()).expect("a name");
        lease.attempt = attempt;
        block_on(super::attempt(
            &router,
            &clock,
            WORKER,
            &lease,
            Cancellation::default(),
            Slot::default(),
        ))
        .verdict()
    };

    let wait = Duration::from_secs(3);
    assert_eq!(after(1), Verdict::Retry(wait, Reason::new("retry 0")));
    assert_eq!(after(2), Verdict::Retry(wait, Reason::new("retry 1")));
    assert_eq!(buried(after(3)), "retry 2");
}

#[derive(Serialize, Deserialize)]
struct Persist {}

impl Task for Persist {
    type Output = ();
    const NAME: &'static str = "tasks.persist";
    const MAX_RETRIES: Option<u32> = Some(2);
}

struct Stubborn;

#[async_trait]
impl Handler<Persist> for Stubborn {
    async fn handle(&self, _: Persist, context: &Context) -> Result<(), TaskError> {
        let words = format!("retry {}", context.retries());
        Err(TaskError::RetryAfter(
            Duration::from_secs(3),
            Reason::new(words),
        ))
    }
}
