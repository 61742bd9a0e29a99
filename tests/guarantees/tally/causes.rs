//! What may be the cause of a mail that came twice.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::guarantees::fleet::Claim;

/// How long before its answers are lost a mail may have been taken, and how long after that one
/// that was on its way.
const BEFORE: Duration = Duration::from_secs(1);
const AFTER: Duration = Duration::from_secs(5);

/// Something that broke, and when.
#[derive(Clone, Debug)]
pub(in crate::guarantees) struct Event {
    pub(in crate::guarantees) what: String,
    pub(in crate::guarantees) began: Instant,
    pub(in crate::guarantees) ended: Instant,
    /// Which mails were at the final step when their senders died or were cut off: each of them
    /// may come once more, and no other.
    pub(in crate::guarantees) at_final_step: Vec<Claim>,
    /// Whether last answers were lost meanwhile, which are counted elsewhere.
    pub(in crate::guarantees) loses_answers: bool,
}

/// The first of the mails that came again, with when the copy before was taken, that has no cause
/// among `events`; answers were lost so often in all.
pub(super) fn first_without(
    doubled: &[(Uuid, Instant)],
    events: &[Event],
    mut lost_answers: usize,
) -> Option<(Uuid, Instant)> {
    let claims = events.iter().flat_map(|event| &event.at_final_step);
    let mut claims: BTreeSet<Claim> = claims.copied().collect();
    let has_no_cause = |(album, taken): &(Uuid, Instant)| {
        let its = claims.range((*album, i64::MIN)..=(*album, i64::MAX)).next();
        if let Some(claim) = its.copied() {
            claims.remove(&claim);
            return false;
        }
        let is_lost = events.iter().any(|event| {
            let its_time = event.began - BEFORE..=event.ended + AFTER;
            event.loses_answers && its_time.contains(taken)
        });
        if is_lost && 0 < lost_answers {
            lost_answers -= 1;
            return false;
        }
        true
    };
    doubled.iter().copied().find(has_no_cause)
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match self.at_final_step.len() {
            0 => Ok(()),
            mails => write!(f, " (mails at the final step: {mails})"),
        }
    }
}
