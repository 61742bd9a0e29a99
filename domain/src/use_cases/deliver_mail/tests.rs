//! What is stored, and what the task is told, for every way a delivery can end.

mod busy;
mod paused;
mod stage;

use chrono::{DateTime, Utc};

use self::stage::*;
use super::*;
use crate::ports::{MockMailLog, MockMailPauses};

#[test]
fn a_mail_is_sending_before_it_goes_and_sent_after() {
    let log = log(
        Claim::Granted(claim(false)),
        vec![in_time(MailStep::Sending), in_time(MailStep::Sent)],
    );

    assert_eq!(
        delivered(log, mailer(true, Ok(())), OnDoubt::Resend, LATER),
        Ok(Some(Delivered::Now))
    );
}

#[test]
fn a_mail_that_was_sent_is_not_sent_again() {
    let log = log(Claim::AlreadySent, vec![]);

    assert_eq!(
        delivered(log, mailer(false, Ok(())), OnDoubt::Resend, LATER),
        Ok(Some(Delivered::Before))
    );
}

#[test]
fn a_lost_claim_holds_the_mail_back_and_changes_nothing() {
    let log = log(
        Claim::Granted(claim(false)),
        vec![(MailStep::Sending, Recorded::TooLate)],
    );

    let outcome = delivered(log, mailer(true, Ok(())), OnDoubt::Resend, LATER);

    assert!(matches!(outcome, Err(TaskError::Postpone(_, _))));
}

#[test]
fn a_gate_that_cannot_be_stored_holds_the_mail_back_and_nobody_waits() {
    let mut log = log(Claim::Granted(claim(false)), vec![]);
    let mut in_order = mockall::Sequence::new();
    for (step, answer) in [
        (MailStep::Sending, Err("disk full")),
        (MailStep::Free, Err("disk full")),
        (MailStep::Free, Ok(Recorded::InTime)),
    ] {
        log.expect_record()
            .times(1)
            .in_sequence(&mut in_order)
            .withf(move |_, recorded| *recorded == step)
            .returning(move |_, _| answer.map_err(unrecorded));
    }

    let outcome = delivered(log, mailer(true, Ok(())), OnDoubt::Resend, LATER);

    assert_eq!(
        outcome,
        Err(TaskError::Retry(said(
            "sqlite could not record a mail: disk full"
        )))
    );
}

#[test]
fn what_may_pass_frees_the_mail_and_retries_the_task() {
    let log = log(Claim::Granted(claim(false)), vec![in_time(MailStep::Free)]);
    let error = MailError::Transient {
        reason: "421 busy".into(),
    };

    let outcome = delivered(log, mailer(false, Err(error)), OnDoubt::Resend, LATER);

    assert_eq!(
        outcome,
        Err(TaskError::Retry(said(
            "the mail was not taken for now: 421 busy"
        )))
    );
}

#[test]
fn what_concerns_everybody_burns_no_attempt() {
    let log = log(Claim::Granted(claim(false)), vec![in_time(MailStep::Free)]);
    let error = MailError::Provider {
        reason: "535 no".into(),
        pause_for: Duration::from_mins(5),
    };

    let outcome = delivered(log, mailer(false, Err(error)), OnDoubt::Resend, LATER);

    // It comes back when the pause ends, or a little later.
    let minutes = |wait: &Duration| wait.as_secs_f64() / 60.0;
    assert!(
        matches!(&outcome, Err(TaskError::Postpone(wait, _)) if (5.0..=6.0).contains(&minutes(wait))),
        "{outcome:?}"
    );
}

#[test]
fn what_will_never_be_taken_is_parked_and_its_task_given_up() {
    let reason = said("the mail will never be taken: 550 no such user");
    let log = log(
        Claim::Granted(claim(false)),
        vec![in_time(MailStep::Parked(reason.clone()))],
    );
    let error = MailError::Permanent {
        reason: "550 no such user".into(),
    };

    let outcome = delivered(log, mailer(false, Err(error)), OnDoubt::Resend, LATER);

    assert_eq!(outcome, Err(parked(&reason)));
}

#[test]
fn without_time_for_another_attempt_the_mail_is_parked_with_its_reason() {
    let reason =
        said("not taken before its deadline, at last: the mail was not taken for now: 421 busy");
    let log = log(
        Claim::Granted(claim(false)),
        vec![in_time(MailStep::Parked(reason.clone()))],
    );
    let error = MailError::Transient {
        reason: "421 busy".into(),
    };

    let outcome = delivered(log, mailer(false, Err(error)), OnDoubt::Resend, AT_ONCE);

    assert_eq!(outcome, Err(parked(&reason)));
}

#[test]
fn doubt_resends_or_parks_as_the_operator_decided() {
    let doubtful = || MailError::Doubtful {
        reason: "the line went dead".into(),
    };
    let words = said("nobody knows whether the mail was taken: the line went dead");
    let resends = log(
        Claim::Granted(claim(false)),
        vec![in_time(MailStep::Sending), in_time(MailStep::Doubt)],
    );
    let parks = log(
        Claim::Granted(claim(false)),
        vec![
            in_time(MailStep::Sending),
            in_time(MailStep::Parked(words.clone())),
        ],
    );

    assert_eq!(
        delivered(
            resends,
            mailer(true, Err(doubtful())),
            OnDoubt::Resend,
            LATER
        ),
        Err(TaskError::Retry(words.clone()))
    );
    assert_eq!(
        delivered(parks, mailer(true, Err(doubtful())), OnDoubt::Park, LATER),
        Err(parked(&words))
    );
}

#[test]
fn a_claim_in_doubt_is_parked_unsent_when_the_operator_wants_no_doubles() {
    let mut log = log(Claim::Granted(claim(true)), vec![]);
    log.expect_record()
        .times(1)
        .withf(|_, step| matches!(step, MailStep::Parked(_)))
        .return_once(|_, _| Ok(Recorded::InTime));

    let outcome = delivered(log, mailer(false, Ok(())), OnDoubt::Park, LATER);

    assert!(matches!(outcome, Err(TaskError::GiveUp(_))));
}

#[test]
fn storing_that_it_was_sent_is_tried_again() {
    let mut log = log(
        Claim::Granted(claim(false)),
        vec![in_time(MailStep::Sending)],
    );
    let mut tries = 0;
    log.expect_record().times(3).returning(move |_, step| {
        assert_eq!(step, MailStep::Sent);
        tries += 1;
        if tries < 3 {
            Err(unrecorded("busy"))
        } else {
            Ok(Recorded::InTime)
        }
    });

    assert_eq!(
        delivered(log, mailer(true, Ok(())), OnDoubt::Resend, LATER),
        Ok(Some(Delivered::Now))
    );
}
