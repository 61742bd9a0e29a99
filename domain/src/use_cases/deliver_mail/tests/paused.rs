//! What becomes of mails while the provider takes nobody's.

use uuid::Uuid;

use super::*;
use crate::ports::{MailPause, Severity, WorkerId};

/// A log that grants one claim and then expects nothing more than these steps.
fn log_for_one(steps: Vec<(MailStep, Recorded)>) -> MockMailLog {
    log(Claim::Granted(claim(false)), steps)
}

fn refused() -> ScriptedMailer {
    let error = MailError::Provider {
        reason: "535 no".into(),
        pause_for: Duration::from_mins(5),
    };
    mailer(false, Err(error))
}

/// Expects one pause of five minutes to be told.
fn told() -> MockMailPauses {
    let mut pauses = MockMailPauses::new();
    let expected = MailPause {
        sender: WorkerId::new(Uuid::nil()),
        since: AT_ONCE,
        until: AT_ONCE + TimeDelta::minutes(5),
        reason: said("no mail can be sent at the moment: 535 no"),
    };
    pauses
        .expect_begin()
        .times(1)
        .withf(move |pause| *pause == expected)
        .return_once(|_| Ok(()));
    pauses
}

#[test]
fn while_mail_is_paused_nothing_is_claimed_and_no_attempt_is_lost() {
    let log = log_for_one(vec![in_time(MailStep::Free)]);
    let deliver = deliver(log, told(), refused(), OnDoubt::Resend);
    let first = run(&deliver, LATER);

    // The log grants one claim and the mailer sends once: a second would panic.
    let second = run(&deliver.clone(), LATER);

    for outcome in [first, second] {
        assert!(
            matches!(&outcome, Err(TaskError::Postpone(wait, _)) if Duration::from_mins(5) <= *wait),
            "{outcome:?}"
        );
    }
}

#[test]
fn a_mail_that_cannot_wait_for_the_end_of_the_pause_is_parked_with_the_reason() {
    let reason =
        said("not taken before its deadline, at last: no mail can be sent at the moment: 535 no");
    let mut log = log_for_one(vec![
        in_time(MailStep::Free),
        in_time(MailStep::Parked(reason.clone())),
    ]);
    log.expect_claim()
        .times(1)
        .return_once(|_, _, _| Ok(Claim::Granted(claim(false))));
    let deliver = deliver(log, told(), refused(), OnDoubt::Resend);
    assert!(matches!(
        run(&deliver, LATER),
        Err(TaskError::Postpone(_, _))
    ));

    let outcome = run(&deliver, AT_ONCE + TimeDelta::minutes(1));

    assert_eq!(outcome, Err(parked(&reason)));
}

#[test]
fn a_pause_that_cannot_be_stored_holds_all_the_same() {
    let log = log_for_one(vec![in_time(MailStep::Free)]);
    let mut pauses = MockMailPauses::new();
    pauses.expect_begin().times(1).return_once(|_| {
        Err(PortError {
            adapter: "sqlite",
            action: "store a pause",
            severity: Severity::Permanent,
            source: "disk full".into(),
        })
    });
    let deliver = deliver(log, pauses, refused(), OnDoubt::Resend);

    for _ in 0..2 {
        assert!(matches!(
            run(&deliver, LATER),
            Err(TaskError::Postpone(_, _))
        ));
    }
}
