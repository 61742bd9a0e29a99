//! Verdicts on their way to Redis, in the words of the script that obeys them.

use std::time::Duration;

use domain::ports::Verdict;
use domain::tasks::Reason;
use redis::ScriptInvocation;

/// Verdicts on their way to Redis.
#[derive(Default)]
pub(super) struct Settlement<'a> {
    others: Vec<Other<'a>>,
    /// The fences of records whose tasks are done.
    done: Vec<u32>,
    /// Which tasks of a batch are done; nothing when all of it has ended.
    batches: Vec<(u32, Option<Vec<u8>>)>,
}

/// A verdict that does something to its task.
struct Other<'a> {
    fence: u32,
    batch: Option<(u32, u32)>,
    kind: Kind<'a>,
    id: String,
}

/// What a verdict does, as the script calls it.
#[derive(PartialEq)]
pub(super) enum Kind<'a> {
    Done,
    Retry(Duration, &'a Reason),
    Postpone(Duration, &'a Reason),
    Crashed(Duration, &'a Reason),
    Bury(&'a Reason),
    Release,
    /// It waits until this instant, in microseconds, and nothing counts.
    Wait(i64),
    Quarantine(Reason),
}

impl<'a> Kind<'a> {
    pub(super) fn of(verdict: &'a Verdict) -> Self {
        match verdict {
            Verdict::Done(_) => Self::Done,
            Verdict::Retry(wait, reason) => Self::Retry(*wait, reason),
            Verdict::Postpone(wait, reason) => Self::Postpone(*wait, reason),
            Verdict::Crashed(wait, reason) => Self::Crashed(*wait, reason),
            Verdict::Bury(reason) => Self::Bury(reason),
            Verdict::Release => Self::Release,
        }
    }

    /// Its name, number and text in the script.
    fn words(&self) -> (&'static str, i64, &str) {
        let micros = |wait: Duration| i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        match self {
            Self::Done => ("done", 0, ""),
            Self::Retry(wait, reason) => ("retry", micros(*wait), reason.as_str()),
            Self::Postpone(wait, reason) => ("postpone", micros(*wait), reason.as_str()),
            Self::Crashed(wait, reason) => ("crashed", micros(*wait), reason.as_str()),
            Self::Bury(reason) => ("bury", 0, reason.as_str()),
            Self::Release => ("release", 0, ""),
            Self::Wait(until) => ("wait", *until, ""),
            Self::Quarantine(reason) => ("quarantine", 0, reason.as_str()),
        }
    }
}

impl<'a> Settlement<'a> {
    pub(super) fn end(&mut self, fence: u32, batch: Option<(u32, u32)>, kind: Kind<'a>, id: &str) {
        match (kind, batch) {
            // The marks of its batch say it.
            (Kind::Done, Some(_)) => {}
            (Kind::Done, None) => self.done.push(fence),
            (kind, batch) => self.others.push(Other {
                fence,
                batch,
                kind,
                id: id.to_owned(),
            }),
        }
    }

    /// Tells which tasks of a batch are done; nothing when all of it has ended.
    pub(super) fn mark(&mut self, first: u32, done: Option<Vec<u8>>) {
        self.batches.push((first, done));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.others.is_empty() && self.done.is_empty() && self.batches.is_empty()
    }

    pub(super) fn write(&self, script: &mut ScriptInvocation<'_>) {
        script.arg(self.others.len());
        // What goes back to the front of a list goes last first, so that it keeps its order.
        let is_back = |other: &&Other<'_>| other.kind == Kind::Release;
        let back = self.others.iter().rev().filter(is_back);
        let others = self.others.iter().filter(|other| !is_back(other));
        for other in others.chain(back) {
            match other.batch {
                Some((first, place)) => script.arg(first).arg(place),
                None => script.arg("").arg(other.fence),
            };
            let (name, number, text) = other.kind.words();
            script.arg(name).arg(number).arg(text).arg(&other.id);
        }
        script.arg(self.done.len()).arg(&self.done);
        script.arg(self.batches.len());
        for (first, done) in &self.batches {
            let marks = done.as_deref().unwrap_or_default();
            script.arg(*first).arg(marks).arg(i32::from(done.is_none()));
        }
    }
}
