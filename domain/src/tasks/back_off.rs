//! How long a task waits before it is tried again.

use std::time::Duration;

use chrono::TimeDelta;

use super::TaskId;

const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_hours(1);
const REQUEUE_FIRST: Duration = Duration::from_secs(1);
const REQUEUE_LONGEST: Duration = Duration::from_mins(1);

/// How long the task waits after its attempt number `attempt` (from 1) has failed.
///
/// 5 s · 2ⁿ⁻¹, at most one hour, give or take a fifth. The jitter comes from the task and
/// the attempt, so it spreads tasks that failed together and is the same on every machine.
pub fn back_off(id: &TaskId, attempt: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let step = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let per_mille = 800 + jitter(id, attempt) % 401;
    step * per_mille / 1000
}

/// How long a task that a worker rejected waits until it is offered again, `since` it was first due.
///
/// A second at first, then a tenth of the time that it has been passed on for, at most a minute: so
/// tasks that nobody wants cost little, however many they are.
pub fn requeue_after(since: TimeDelta) -> Duration {
    let tenth = (since / 10).to_std().unwrap_or_default();
    tenth.clamp(REQUEUE_FIRST, REQUEUE_LONGEST)
}

/// A number that differs from task to task and attempt to attempt (FNV-1a, 32 bit).
pub(crate) fn jitter(id: &TaskId, attempt: u32) -> u32 {
    let bytes = id.as_str().bytes().chain(attempt.to_le_bytes());
    let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    // The low bits of FNV mix worst.
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> TaskId {
        TaskId::try_from(text.to_owned()).expect("an id")
    }

    #[test]
    fn waits_double_up_to_an_hour_give_or_take_a_fifth() {
        let table = [
            (0, 5),
            (1, 5),
            (2, 10),
            (3, 20),
            (4, 40),
            (5, 80),
            (9, 1280),
            (10, 2560),
            (11, 3600),
            (12, 3600),
            (u32::MAX, 3600),
        ];
        for (attempt, seconds) in table {
            let exact = Duration::from_secs(seconds);
            let wait = back_off(&id("a"), attempt);
            assert!(
                wait >= exact * 8 / 10 && wait <= exact * 12 / 10,
                "attempt {attempt}: {wait:?}"
            );
        }
    }

    #[test]
    fn what_is_rejected_again_and_again_waits_longer_and_longer_up_to_a_minute() {
        for (since, wait) in [(-5, 1), (0, 1), (10, 1), (20, 2), (300, 30), (86_400, 60)] {
            assert_eq!(
                requeue_after(TimeDelta::seconds(since)),
                Duration::from_secs(wait),
                "{since} s after it was due"
            );
        }
    }

    #[test]
    fn tasks_that_fail_together_come_back_apart_but_each_predictably() {
        let waits: Vec<Duration> = (0..100)
            .map(|number| back_off(&id(&format!("task {number}")), 3))
            .collect();
        let mut distinct = waits.clone();
        distinct.sort();
        distinct.dedup();

        assert!(distinct.len() > 50, "{} different waits", distinct.len());
        assert_eq!(back_off(&id("task 0"), 3), waits[0]);
    }
}
