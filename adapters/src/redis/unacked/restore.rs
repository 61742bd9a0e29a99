//! Puts back what Python workers held.

use std::time::Duration;

use domain::ports::PortError;
use domain::tasks::{Priority, QueueName};
use redis::{RedisResult, cmd};
use uuid::Builder;

use super::{COPY, Restored, UnackedMessages};
use crate::redis::error::failed;
use crate::redis::wire::{Unacked, list_of, step_of};

/// How many messages are put back in one step.
const MOST_PER_STEP: usize = 32;
/// How long nobody else puts back, at most, as Celery has it.
const MUTEX_FOR: Duration = Duration::from_mins(5);

impl UnackedMessages {
    /// Puts back what was received so long ago, as Python workers do after their
    /// `visibility_timeout`: in its old order, before all that waits. `None` when somebody else is
    /// about to.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached; some may have been put back then.
    pub async fn restore_older_than(&self, age: Duration) -> Result<Option<Restored>, PortError> {
        self.restore(Some(age)).await
    }

    /// Puts back all that is held. What a Python worker still works on is then done twice.
    /// `None` when somebody else is about to.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached; some may have been put back then.
    pub async fn restore_all(&self) -> Result<Option<Restored>, PortError> {
        self.restore(None).await
    }

    async fn restore(&self, age: Option<Duration>) -> Result<Option<Restored>, PortError> {
        const ACTION: &str = "put back what Python workers held";
        let token = Builder::from_random_bytes(rand::random())
            .into_uuid()
            .to_string();
        let mut lock = cmd("SET");
        lock.arg(self.key(&self.keys.mutex)).arg(&token);
        lock.arg("NX").arg("PX").arg(MUTEX_FOR.as_secs() * 1000);
        let locked: Option<String> = self.link.command(&lock).await.map_err(failed(ACTION))?;
        if locked.is_none() {
            return Ok(None);
        }
        let restored = self.put_all_back(age).await;
        let mut unlock = self.unlock.prepare_invoke();
        unlock.key(self.key(&self.keys.mutex)).arg(&token);
        // If it cannot be said, the mutex ends by itself.
        let unlocked: RedisResult<()> = self.link.script(&unlock).await;
        let restored = restored.map_err(failed(ACTION))?;
        unlocked.map_err(failed(ACTION))?;
        Ok(Some(restored))
    }

    /// From the newest to the oldest: each goes before those that came after it.
    async fn put_all_back(&self, age: Option<Duration>) -> RedisResult<Restored> {
        let until = match age {
            Some(age) => (self.now().await? - age.as_secs_f64()).to_string(),
            None => "+inf".to_owned(),
        };
        let mut bound: u64 = self.link.command(cmd("ZCARD").arg(self.index())).await?;
        let (mut restored, mut copies) = (Restored::default(), 0);
        while 0 < bound {
            let mut range = cmd("ZRANGE");
            range.arg(self.index()).arg(&until).arg("-inf");
            range.arg("BYSCORE").arg("REV").arg("LIMIT");
            range.arg(restored.left + copies).arg(MOST_PER_STEP);
            let mut tags: Vec<Vec<u8>> = self.link.command(&range).await?;
            if tags.is_empty() {
                break;
            }
            bound = bound.saturating_sub(tags.len() as u64);
            let found = tags.len();
            tags.retain(|tag| !tag.starts_with(COPY.as_bytes()));
            copies += (found - tags.len()) as u64;
            if !tags.is_empty() {
                self.put_back(&tags, &mut restored).await?;
            }
        }
        Ok(restored)
    }

    async fn put_back(&self, tags: &[Vec<u8>], restored: &mut Restored) -> RedisResult<()> {
        let mut get = cmd("HMGET");
        get.arg(self.messages()).arg(tags);
        let held: Vec<Option<Vec<u8>>> = self.link.command(&get).await?;
        for (tag, held) in tags.iter().zip(held) {
            let Some(held) = held else {
                // Acknowledged meanwhile, or half of it is lost.
                let mut forget = cmd("ZREM");
                self.link
                    .command::<()>(forget.arg(self.index()).arg(tag))
                    .await?;
                continue;
            };
            let unacked = Unacked::read(&held);
            let queues = match &unacked {
                Some(unacked) => self.queues_of(unacked).await?,
                None => Vec::new(),
            };
            let (Some(unacked), Some(first)) = (unacked, queues.first()) else {
                restored.left += 1;
                continue;
            };
            let step = step_of(Priority::new(unacked.priority));
            let mut script = self.put_back.prepare_invoke();
            script.key(self.messages()).key(self.index());
            let names = queues
                .iter()
                .filter_map(|queue| QueueName::try_from(queue.clone()).ok());
            let lists: Vec<String> = names
                .map(|queue| self.key(&list_of(&queue, step)))
                .collect();
            if lists.is_empty() {
                restored.left += 1;
                continue;
            }
            for list in &lists {
                script.key(list);
            }
            script
                .arg(tag)
                .arg(held)
                .arg(unacked.message)
                .arg(lists.len());
            let count: u64 = self.link.script(&script).await?;
            *restored.by_queue.entry(first.clone()).or_default() += count;
        }
        Ok(())
    }
}
