//! Finds what Redis holds for a worker without its having heard of it.

use std::sync::Arc;

use domain::ports::Lease;
use redis::{RedisResult, cmd};

use super::RedisQueue;
use super::claim::Part;
use crate::redis::session::Session;

/// How many records are fetched at once.
const MOST_AT_ONCE: usize = 64;

impl RedisQueue {
    /// Hands out what was claimed when the answer to the claim was lost.
    pub(super) async fn recover(&self, session: &Arc<Session>) -> RedisResult<Vec<Lease>> {
        let held = self.keys.held(&session.name());
        let fields: Vec<String> = self.link.command(cmd("HKEYS").arg(&held)).await?;
        let mut parts = Vec::new();
        for (is_batch, first) in unheard(session, &fields) {
            let part = if is_batch {
                self.batch(&held, first).await?
            } else {
                self.record(&held, first).await?
            };
            parts.extend(part);
        }
        let step = self.admit(session, parts).await?;
        Ok(step.map_or_else(Vec::new, |step| step.leases))
    }

    async fn batch(&self, held: &str, first: u32) -> RedisResult<Option<Part>> {
        let mut common = cmd("HGET");
        common.arg(held).arg(format!("b{first}"));
        let common: Option<String> = self.link.command(&common).await?;
        let mut list = cmd("LRANGE");
        list.arg(format!("{held}:{first}")).arg(0).arg(-1);
        let messages: Vec<Vec<u8>> = self.link.command(&list).await?;
        Ok(common.map(|common| Part(first, common, messages)))
    }

    async fn record(&self, held: &str, fence: u32) -> RedisResult<Option<Part>> {
        let record: Option<Vec<u8>> = self.link.command(cmd("HGET").arg(held).arg(fence)).await?;
        Ok(record.map(|record| Part(fence, String::new(), vec![record])))
    }
}

/// What the worker has not heard of: whether it is a batch, and its first fence.
fn unheard(session: &Session, fields: &[String]) -> Vec<(bool, u32)> {
    let holdings = session.holdings();
    let found = fields.iter().filter_map(|field| {
        let batch = field.strip_prefix('b');
        let first = batch.unwrap_or(field).parse().ok()?;
        let is_known = match batch {
            Some(_) => holdings.batches.contains_key(&first),
            None => holdings.tasks.contains_key(&first),
        };
        (!is_known).then_some((batch.is_some(), first))
    });
    found.take(MOST_AT_ONCE).collect()
}
