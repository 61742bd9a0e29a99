//! Ends leases, each with its verdict.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::ports::{Ended, Settled};
use redis::RedisResult;

use super::RedisQueue;
use super::settlement::{Kind, Settlement};
use crate::redis::session::{Session, parts};

/// How many verdicts go to Redis at once.
const MOST_PER_SETTLEMENT: usize = 500;

impl RedisQueue {
    pub(super) async fn settle_all(&self, ended: &[Ended]) -> RedisResult<Vec<Settled>> {
        let mut answers = vec![Settled::TooLate; ended.len()];
        for OneSession { session, places } in self.by_session(ended) {
            let _turn = session.settling.lock().await;
            for places in places.chunks(MOST_PER_SETTLEMENT) {
                let step = Self::settlement(&session, ended, places);
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
    fn by_session(&self, ended: &[Ended]) -> Vec<OneSession> {
        let mut sessions: Vec<OneSession> = Vec::new();
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
            let same = |known: &&mut OneSession| Arc::ptr_eq(&known.session, &session);
            if let Some(known) = sessions.iter_mut().find(same) {
                known.places.push((place, fence));
            } else {
                let places = vec![(place, fence)];
                sessions.push(OneSession { session, places });
            }
        }
        sessions
    }

    fn settlement<'a>(
        session: &Session,
        ended: &'a [Ended],
        places: &[(usize, u32)],
    ) -> Settlement<'a> {
        let mut settlement = Settlement::default();
        let mut touched: HashMap<u32, u32> = HashMap::new();
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
            .key(self.keys.buried_at())
            .key(self.keys.buried_size());
        script
            .arg(session.name())
            .arg(self.now().timestamp_micros())
            .arg(self.keys.ours())
            .arg(self.keys.lists());
        settlement.write(&mut script);
        let made_room: Option<usize> = self.link.script(&script).await?;
        match made_room {
            None => self.note_loss(session),
            Some(0) => {}
            Some(count) => tracing::warn!(
                count,
                "{count} buried tasks on redis made room for newer ones: 10,000 are kept, or 64 MiB"
            ),
        }
        Ok(made_room.is_some())
    }
}

/// Verdicts on what one session holds.
struct OneSession {
    session: Arc<Session>,
    /// Where each stands among those that were given, and on which fence it is.
    places: Vec<(usize, u32)>,
}
