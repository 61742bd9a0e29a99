//! Ends leases, each with its verdict.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Ended, Settled, Verdict};
use domain::tasks::Reason;
use redis::{RedisResult, ScriptInvocation};

use super::RedisQueue;
use crate::redis::results;
use crate::redis::session::{Session, parts};

/// How many verdicts go to Redis at once.
const MOST_PER_SETTLEMENT: usize = 500;

impl RedisQueue {
    pub(super) async fn settle_all(&self, ended: &[Ended]) -> RedisResult<Vec<Settled>> {
        let mut answers = vec![Settled::TooLate; ended.len()];
        for batch in self.by_session(ended) {
            for places in batch.places.chunks(MOST_PER_SETTLEMENT) {
                let step = self.settlement(&batch.session, ended, places);
                if !self.send(&batch.session, &step).await? {
                    break;
                }
                let mut held = batch.session.held();
                for (place, fence) in places {
                    held.remove(fence);
                    answers[*place] = Settled::InTime;
                }
            }
        }
        Ok(answers)
    }

    /// The verdicts on what is held. Of two on one lease the first counts; what is not held
    /// was settled before, or is lost.
    fn by_session(&self, ended: &[Ended]) -> Vec<Batch> {
        let mut batches: Vec<Batch> = Vec::new();
        let mut seen = HashSet::new();
        for (place, each) in ended.iter().enumerate() {
            let Some((number, fence)) = parts(each.fence) else {
                continue;
            };
            let Some(session) = self.sessions.numbered(number) else {
                continue;
            };
            if !session.held().contains_key(&fence) || !seen.insert(each.fence) {
                continue;
            }
            let same = |batch: &&mut Batch| Arc::ptr_eq(&batch.session, &session);
            if let Some(batch) = batches.iter_mut().find(same) {
                batch.places.push((place, fence));
            } else {
                let places = vec![(place, fence)];
                batches.push(Batch { session, places });
            }
        }
        batches
    }

    fn settlement<'a>(
        &self,
        session: &Session,
        ended: &'a [Ended],
        places: &[(usize, u32)],
    ) -> Settlement<'a> {
        let mut settlement = Settlement::default();
        let now = self.now();
        let held = session.held();
        for (place, fence) in places {
            let Ended { id, verdict, .. } = &ended[*place];
            settlement.end(*fence, Kind::of(verdict), id.as_str());
            let wish = held.get(fence).and_then(|held| held.result.as_ref());
            let document = self
                .settings
                .results_kept_for
                .and(wish)
                .and_then(|wish| results::document(id.as_str(), verdict, wish, now));
            if let Some(document) = document {
                let key = format!("{}{}", self.keys.lists(), results::key_of(id.as_str()));
                settlement.results.push((key, document));
            }
        }
        settlement
    }

    /// Answers whether Redis knows the worker; if not, nothing was changed and its session is over.
    pub(super) async fn send(
        &self,
        session: &Arc<Session>,
        settlement: &Settlement<'_>,
    ) -> RedisResult<bool> {
        let mut script = self.scripts.settle.prepare_invoke();
        script
            .key(self.keys.living())
            .key(self.keys.held(&session.name()))
            .key(self.keys.quarantine())
            .key(self.keys.quarantine_size())
            .key(self.keys.buried())
            .key(self.keys.buried_at());
        script
            .arg(session.name())
            .arg(self.now().timestamp_micros())
            .arg(self.keys.ours())
            .arg(self.keys.lists());
        settlement.write(&mut script, self.settings.results_kept_for);
        let is_known: bool = self.link.script(&script).await?;
        if !is_known {
            self.note_loss(session);
        }
        Ok(is_known)
    }
}

/// Verdicts on what one session holds.
struct Batch {
    session: Arc<Session>,
    /// Where each stands among those that were given, and on which fence it is.
    places: Vec<(usize, u32)>,
}

/// Verdicts on their way to Redis.
#[derive(Default)]
pub(super) struct Settlement<'a> {
    done: Vec<u32>,
    others: Vec<(u32, Kind<'a>, String)>,
    results: Vec<(String, String)>,
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
    fn of(verdict: &'a Verdict) -> Self {
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
    pub(super) fn end(&mut self, fence: u32, kind: Kind<'a>, id: &str) {
        if kind == Kind::Done {
            self.done.push(fence);
        } else {
            self.others.push((fence, kind, id.to_owned()));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.done.is_empty() && self.others.is_empty()
    }

    fn write(&self, script: &mut ScriptInvocation<'_>, results_kept_for: Option<Duration>) {
        script.arg(self.done.len()).arg(&self.done);
        script.arg(self.others.len());
        // What goes back to the front of a list goes last first, so that it keeps its order.
        let is_back = |(_, kind, _): &&(u32, Kind<'_>, String)| *kind == Kind::Release;
        let back = self.others.iter().rev().filter(is_back);
        let others = self.others.iter().filter(|each| !is_back(each));
        for (fence, kind, id) in others.chain(back) {
            let (name, number, text) = kind.words();
            script.arg(*fence).arg(name).arg(number).arg(text).arg(id);
        }
        script.arg(self.results.len());
        let seconds = results_kept_for.map_or(1, |kept_for| kept_for.as_secs().max(1));
        for (key, document) in &self.results {
            script.arg(key).arg(document).arg(seconds);
        }
    }
}
