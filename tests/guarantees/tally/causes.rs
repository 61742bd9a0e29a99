//! What may be the cause of a mail that came twice.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

/// How long before a fault a mail may have been taken whose sender did not live to store it, and
/// how long after it one that was on its way.
const ABOUT: Duration = Duration::from_secs(1);
/// How long after it one whose answer was lost: these are counted one by one.
const COUNTED: Duration = Duration::from_secs(5);

/// Something that broke, and when.
#[derive(Clone, Debug)]
pub(in crate::guarantees) struct Event {
    pub(in crate::guarantees) what: String,
    pub(in crate::guarantees) began: Instant,
    pub(in crate::guarantees) ended: Instant,
    /// How many mails may come twice because of it.
    pub(in crate::guarantees) may_double: usize,
}

/// The first of the mails that came twice, with when it was taken first, that has no cause among
/// `events`; answers were lost so often in all.
///
/// Of several causes the one whose time ends first is taken, so that none is used up in vain.
pub(super) fn first_without(
    doubled: &[(Uuid, Instant)],
    events: &[Event],
    mut lost_answers: usize,
) -> Option<(Uuid, Instant)> {
    let mut doubled = doubled.to_vec();
    doubled.sort_by_key(|(_, taken)| *taken);
    let mut left: Vec<usize> = events.iter().map(|event| event.may_double).collect();
    let times: Vec<_> = (0..events.len()).map(|it| times(events, it)).collect();
    for (album, taken) in doubled {
        let may_be = |number: &usize| match left[*number] {
            0 => false,
            usize::MAX => lost_answers > 0 && times[*number].contains(&taken),
            _ => times[*number].contains(&taken),
        };
        let causes = (0..events.len()).filter(may_be);
        let Some(cause) = causes.min_by_key(|it| *times[*it].end()) else {
            return Some((album, taken));
        };
        if left[cause] == usize::MAX {
            lost_answers -= 1;
        } else {
            left[cause] -= 1;
        }
    }
    None
}

/// When a mail may have been taken that comes twice because of the event of this number.
///
/// A sender that was paused before it died may have had its answer since then.
fn times(events: &[Event], number: usize) -> RangeInclusive<Instant> {
    let event = &events[number];
    let before = number.checked_sub(1).map(|before| &events[before]);
    let paused = before.filter(|before| before.what.starts_with("Pause("));
    let after = if event.may_double == usize::MAX {
        COUNTED
    } else {
        ABOUT
    };
    paused.unwrap_or(event).began - ABOUT..=event.ended + after
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}
