//! What a verdict changes of the row of its task.

use std::collections::HashSet;
use std::time::Duration;

use chrono::serde::ts_microseconds_option;
use chrono::{DateTime, Utc};
use domain::ports::{Ended, Verdict};
use domain::tasks::Due;
use serde::Serialize;

/// What the verdicts `ended` change of the rows of their tasks, given at `now`; of several on
/// one lease the first counts.
pub(crate) fn changes(ended: &[Ended], now: DateTime<Utc>) -> Vec<Change<'_>> {
    let mut seen = HashSet::new();
    ended
        .iter()
        .filter(|ended| seen.insert((&ended.id, ended.fence)))
        .map(|ended| Change::of(ended, now))
        .collect()
}

/// What a verdict changes of a row; what is left out stays.
///
/// A store turns *ready* into *suspect* for a task that has a crash on its record.
#[derive(Serialize)]
pub(crate) struct Change<'a> {
    pub(crate) id: &'a str,
    pub(crate) fence: i64,
    pub(crate) state: &'static str,
    #[serde(
        with = "ts_microseconds_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) due_at: Option<DateTime<Utc>>,
    pub(crate) attempts: i32,
    pub(crate) crashes: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<String>,
    #[serde(
        with = "ts_microseconds_option",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

impl<'a> Change<'a> {
    fn of(ended: &'a Ended, now: DateTime<Utc>) -> Self {
        let change = Self {
            id: ended.id.as_str(),
            fence: ended.fence.0,
            state: "ready",
            due_at: None,
            attempts: 0,
            crashes: 0,
            reason: None,
            result: None,
            ended_at: None,
        };
        let ended_at = Some(now);
        match &ended.verdict {
            Verdict::Done(result) => Self {
                state: "done",
                result: Some(result.to_string()),
                ended_at,
                ..change
            },
            Verdict::Bury(reason) => Self {
                state: "buried",
                reason: Some(reason.as_str()),
                ended_at,
                ..change
            },
            Verdict::Retry(wait, reason) => Self {
                attempts: 1,
                reason: Some(reason.as_str()),
                ..change.after(*wait, now)
            },
            Verdict::Postpone(wait, reason) => Self {
                reason: Some(reason.as_str()),
                ..change.after(*wait, now)
            },
            Verdict::Crashed(wait, reason) => Self {
                crashes: 1,
                reason: Some(reason.as_str()),
                ..change.after(*wait, now)
            },
            Verdict::Release => change,
        }
    }

    fn after(self, wait: Duration, now: DateTime<Utc>) -> Self {
        Self {
            state: if wait.is_zero() { "ready" } else { "waiting" },
            due_at: Some(Due::After(wait).from(now)),
            ..self
        }
    }
}
