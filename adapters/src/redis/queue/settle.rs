//! Ends leases, each with its verdict.

use std::collections::{HashMap, HashSet};
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
        for Batch { session, places } in self.by_session(ended) {
            let _turn = session.settling.lock().await;
            for places in places.chunks(MOST_PER_SETTLEMENT) {
                let step = self.settlement(&session, ended, places);
                if !self.send(&session, &step).await? {
                    break;
                }
                let mut holdings = session.holdings();
                for (place, fence) in places {
                    let Some(held) = holdings.tasks.remove(fence) else {
                        continue;
                    };
                    answers[*place] = Settled::InTime;
                    if let Some((first, _)) = held.batch
                        && let Some(batch) = holdings.batches.get_mut(&first)
                    {
                        batch.left -= 1;
                    }
                }
                holdings.batches.retain(|_, batch| 0 < batch.left);
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
            if !session.holdings().tasks.contains_key(&fence) || !seen.insert(each.fence) {
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
        let mut touched: HashMap<u32, u32> = HashMap::new();
        let now = self.now();
        let holdings = &mut *session.holdings();
        for (place, fence) in places {
            let Some(held) = holdings.tasks.get(fence) else {
                continue;
            };
            let Ended { id, verdict, .. } = &ended[*place];
            let kind = Kind::of(verdict);
            if let Some((first, at)) = held.batch {
                *touched.entry(first).or_default() += 1;
                if kind == Kind::Done
                    && let Some(batch) = holdings.batches.get_mut(&first)
                {
                    batch.done[at as usize] = b'1';
                }
            }
            settlement.end(*fence, held.batch, kind, id.as_str());
            let wish = self.settings.results_kept_for.and(held.result.as_ref());
            let document = wish.and_then(|wish| results::document(id.as_str(), verdict, wish, now));
            if let Some(document) = document {
                let key = format!("{}{}", self.keys.lists(), results::key_of(id.as_str()));
                settlement.results.push((key, document));
            }
        }
        for (first, count) in touched {
            if let Some(batch) = holdings.batches.get(&first) {
                let is_over = batch.left == count;
                settlement.mark(first, (!is_over).then(|| batch.done.clone()));
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
    others: Vec<Other<'a>>,
    /// The fences of records whose tasks are done.
    done: Vec<u32>,
    /// Which tasks of a batch are done; nothing when all of it has ended.
    batches: Vec<(u32, Option<Vec<u8>>)>,
    results: Vec<(String, String)>,
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

    fn write(&self, script: &mut ScriptInvocation<'_>, results_kept_for: Option<Duration>) {
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
        script.arg(self.results.len());
        let seconds = results_kept_for.map_or(1, |kept_for| kept_for.as_secs().max(1));
        for (key, document) in &self.results {
            script.arg(key).arg(document).arg(seconds);
        }
    }
}
