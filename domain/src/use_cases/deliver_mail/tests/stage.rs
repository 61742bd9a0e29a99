//! What the tests play on: a log and a mailer that do as they are told, and one mail.

use std::sync::Mutex;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use pollster::block_on;
use uuid::Uuid;

use super::super::*;
use crate::model::{EmailAddress, HeaderText, MailKind, Recipient};
use crate::ports::{Fence, Gate, MockClock, MockMailLog, MockMailPauses, Severity, WorkerId};
use crate::tasks::{Cancellation, Key, Slot, TaskId};

pub(super) const KEY: MailKey = MailKey {
    kind: MailKind::Congratulation,
    cause: Uuid::nil(),
};

/// Passes the gate or not, and then ends as it was told.
pub(super) struct ScriptedMailer {
    passes_gate: bool,
    ends: Mutex<Option<Result<(), MailError>>>,
}

#[async_trait]
impl Mailer for ScriptedMailer {
    async fn send(&self, _: &Mail, gate: &dyn Gate) -> Result<(), MailError> {
        if self.passes_gate {
            gate.pass().await.map_err(MailError::HeldBack)?;
        }
        let mut ends = self.ends.lock().expect("nobody panicked");
        ends.take().expect("the mailer is asked once")
    }
}

pub(super) fn mailer(passes_gate: bool, ends: Result<(), MailError>) -> ScriptedMailer {
    ScriptedMailer {
        passes_gate,
        ends: Mutex::new(Some(ends)),
    }
}

pub(super) fn claim(is_in_doubt: bool) -> MailClaim {
    MailClaim {
        key: KEY,
        sender: WorkerId::new(Uuid::nil()),
        fence: Fence(7),
        is_in_doubt,
    }
}

/// A log that grants `granted` and expects exactly `steps`, each recorded with its answer.
pub(super) fn log(granted: Claim, steps: Vec<(MailStep, Recorded)>) -> MockMailLog {
    let mut log = MockMailLog::new();
    log.expect_claim()
        .times(1)
        .return_once(|_, _, _| Ok(granted));
    let mut in_order = mockall::Sequence::new();
    for (expected, answer) in steps {
        log.expect_record()
            .times(1)
            .in_sequence(&mut in_order)
            .withf(move |_, step| *step == expected)
            .return_once(move |_, _| Ok(answer));
    }
    log
}

pub(super) fn delivered(
    log: MockMailLog,
    mailer: ScriptedMailer,
    on_doubt: OnDoubt,
    deadline: DateTime<Utc>,
) -> Result<Option<Delivered>, TaskError> {
    let mut pauses = MockMailPauses::new();
    pauses.expect_begin().returning(|_| Ok(()));
    run(&deliver(log, pauses, mailer, on_doubt), deadline)
}

pub(super) fn deliver(
    log: MockMailLog,
    pauses: MockMailPauses,
    mailer: impl Mailer + 'static,
    on_doubt: OnDoubt,
) -> DeliverMail {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(DateTime::UNIX_EPOCH);
    let policy = MailPolicy {
        on_doubt,
        doubt_hold: TimeDelta::minutes(11),
    };
    DeliverMail::new(
        Arc::new(log),
        Arc::new(pauses),
        Arc::new(mailer),
        Arc::new(clock),
        policy,
    )
}

/// Delivers the mail in a task with this deadline.
pub(super) fn run(
    deliver: &DeliverMail,
    deadline: DateTime<Utc>,
) -> Result<Option<Delivered>, TaskError> {
    let context = Context {
        id: TaskId::of_key(&Key::try_from("mail".to_owned()).expect("a key")),
        attempt: 1,
        due_since: DateTime::UNIX_EPOCH,
        deadline,
        max_retries: None,
        worker: WorkerId::new(Uuid::nil()),
        cancellation: Cancellation::default(),
        slot: Slot::default(),
    };
    block_on(deliver.run(KEY, &context, async || Ok(Some(mail()))))
}

pub(super) fn mail() -> Mail {
    Mail {
        key: KEY,
        to: Recipient {
            name: HeaderText::without_controls("Ada"),
            address: EmailAddress::try_from("ada@example.com".to_owned()).expect("an address"),
        },
        subject: HeaderText::without_controls("Hello"),
        text: "Hello".to_owned(),
        html: "<p>Hello</p>".to_owned(),
        headers: Vec::new(),
    }
}

pub(super) fn in_time(step: MailStep) -> (MailStep, Recorded) {
    (step, Recorded::InTime)
}

pub(super) fn unrecorded(why: &'static str) -> PortError {
    PortError {
        adapter: "sqlite",
        action: "record a mail",
        severity: Severity::Transient,
        source: why.into(),
    }
}

pub(super) fn said(words: &str) -> Reason {
    Reason::new(words)
}

pub(super) const LATER: DateTime<Utc> = DateTime::<Utc>::MAX_UTC;
pub(super) const AT_ONCE: DateTime<Utc> = DateTime::UNIX_EPOCH;
