//! What becomes of mails while every connection is in use.

use async_trait::async_trait;

use super::*;
use crate::ports::Gate;

const STAY_AWAY: Duration = Duration::from_secs(7);

/// Has no connection, for now.
struct BusyMailer;

#[async_trait]
impl Mailer for BusyMailer {
    async fn send(&self, _: &Mail, _: &dyn Gate) -> Result<(), MailError> {
        Err(MailError::Busy {
            come_back_after: STAY_AWAY,
        })
    }

    fn come_back_after(&self) -> Option<Duration> {
        Some(STAY_AWAY)
    }
}

fn sent(log: MockMailLog, deadline: DateTime<Utc>) -> Result<Option<Delivered>, TaskError> {
    let deliver = deliver(log, MockMailPauses::new(), BusyMailer, OnDoubt::Resend);
    run(&deliver, deadline)
}

#[test]
fn a_mail_that_would_wait_for_long_is_not_claimed_and_burns_no_attempt() {
    let outcome = sent(MockMailLog::new(), LATER);

    assert!(matches!(outcome, Err(TaskError::Postpone(wait, _)) if wait == STAY_AWAY));
}

#[test]
fn a_mail_that_cannot_stay_away_is_tried_all_the_same() {
    let reason =
        said("not taken before its deadline, at last: every connection for mail is in use");
    let parks = vec![in_time(MailStep::Parked(reason.clone()))];

    let outcome = sent(log(Claim::Granted(claim(false)), parks), AT_ONCE);

    assert_eq!(outcome, Err(parked(&reason)));
}

#[test]
fn a_mail_that_lost_the_last_connection_to_another_burns_no_attempt() {
    let log = log(Claim::Granted(claim(false)), vec![in_time(MailStep::Free)]);
    let busy = MailError::Busy {
        come_back_after: STAY_AWAY,
    };

    let outcome = delivered(log, mailer(false, Err(busy)), OnDoubt::Resend, LATER);

    assert!(matches!(outcome, Err(TaskError::Postpone(wait, _)) if wait == STAY_AWAY));
}
