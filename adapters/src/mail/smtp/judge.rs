//! Whose fault it is that a mail was not taken, and so what is done about it.

use std::time::Duration;

use domain::ports::MailError;

use super::reason::fit_for_logs;
use super::reply::Reply;
use super::trouble::{Stage, Trouble, What};

/// The server is away, or says nothing: it may be back at any moment.
const AWAY: Duration = Duration::from_secs(5);
/// The server has no time for anybody.
const BUSY: Duration = Duration::from_mins(1);
/// Somebody has to mend a setting, here or there.
const MISCONFIGURED: Duration = Duration::from_mins(5);
/// The server will not hear of another login for a while.
const TOO_MANY_LOGINS: Duration = Duration::from_mins(15);
/// A quota is used up; it comes back little by little within a day.
const QUOTA: Duration = Duration::from_hours(1);

/// Who should do what next.
#[derive(Debug, PartialEq, Eq)]
enum Judgement {
    Transient,
    Permanent,
    Provider(Duration),
    Doubtful,
}

/// What `trouble` means for the mail.
pub(super) fn judge(trouble: &Trouble) -> MailError {
    let reason = fit_for_logs(&said(trouble));
    match judgement(trouble) {
        Judgement::Transient => MailError::Transient { reason },
        Judgement::Permanent => MailError::Permanent { reason },
        Judgement::Provider(pause_for) => MailError::Provider { reason, pause_for },
        Judgement::Doubtful => MailError::Doubtful { reason },
    }
}

fn said(Trouble { stage, what }: &Trouble) -> String {
    match what {
        What::Refused(reply) => format!("{stage}: {reply}"),
        What::Silent(time) => format!("{stage}: no answer within {} s", time.as_secs_f32()),
        What::Closed => format!("{stage}: the server closed the connection"),
        What::Failed(why) | What::Unfit(why) => format!("{stage}: {why}"),
    }
}

fn judgement(trouble: &Trouble) -> Judgement {
    match (trouble.stage, &trouble.what) {
        (stage, What::Refused(reply)) => refused(stage, reply),
        (_, What::Unfit(_)) => Judgement::Permanent,
        // The server has everything; what it has made of it nobody knows.
        (Stage::Dot, _) => Judgement::Doubtful,
        (Stage::StartTls | Stage::Handshake | Stage::Login, What::Failed(_)) => {
            Judgement::Provider(MISCONFIGURED)
        }
        // No mail was spoken of yet, so the next one would fare no better.
        (stage, _) if stage < Stage::Sender => Judgement::Provider(AWAY),
        _ => Judgement::Transient,
    }
}

/// What a refusal means, by stage, code and enhanced code.
fn refused(stage: Stage, reply: &Reply) -> Judgement {
    let enhanced = reply.enhanced().unwrap_or_default();
    match (stage, reply.code, enhanced) {
        (_, 550, "5.4.5") | (_, 421, "4.7.28") => Judgement::Provider(QUOTA),
        (_, 452, "4.5.3") if speaks_of(reply, &["daily", "quota", "limit", "24 hours"]) => {
            Judgement::Provider(QUOTA)
        }
        (_, 530 | 534 | 535 | 538, _) => Judgement::Provider(MISCONFIGURED),
        (Stage::Login, 421, _) => Judgement::Provider(BUSY),
        (Stage::Login, 400..=499, _) => Judgement::Provider(TOO_MANY_LOGINS),
        (stage, 500..=599, _) if stage < Stage::Sender => Judgement::Provider(MISCONFIGURED),
        (stage, _, _) if stage < Stage::Sender => Judgement::Provider(BUSY),
        (Stage::Sender, 421, _) => Judgement::Provider(BUSY),
        // Beside the sender, which all mails share, MAIL says how large this one is and of what.
        (Stage::Sender, 552 | 555, _) | (Stage::Sender, _, "5.3.4" | "5.6.7") => {
            Judgement::Permanent
        }
        (Stage::Sender, 500..=599, _) => Judgement::Provider(MISCONFIGURED),
        (_, 400..=499, _) | (Stage::Recipient, 552, "" | "5.2.2") | (_, 552, "5.2.2") => {
            Judgement::Transient
        }
        // The server may carry this mail no further; that is mended there or in our settings.
        (Stage::Recipient, 500..=599, _) if speaks_of(reply, &["relay"]) => Judgement::Transient,
        _ => Judgement::Permanent,
    }
}

fn speaks_of(reply: &Reply, words: &[&str]) -> bool {
    // An address may hold any word.
    let text = fit_for_logs(&reply.to_string()).to_ascii_lowercase();
    words.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests;
