//! What an operator may see of the queue, and do to it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use deadpool_redis::Connection;
use domain::ports::{PortError, QueueCounts, Requeued, TaskQueueAdmin, TaskRow, TaskState};
use domain::tasks::{QueueName, TaskId};
use redis::{AsyncTypedCommands as _, RedisResult, cmd};

use super::RedisQueue;
use super::rows::{Moved, of_message, of_record};
use crate::redis::error::failed;
use crate::redis::record::Head;
use crate::redis::wire::MOST_MESSAGE;

/// How much of each place is looked at, to find what came last.
const FEWEST_LOOKED_AT: u32 = 1000;
const MOST_LOOKED_AT: u32 = 10_000;

#[async_trait]
impl TaskQueueAdmin for RedisQueue {
    async fn counts(&self) -> Result<Vec<QueueCounts>, PortError> {
        self.count_all().await.map_err(failed("count tasks"))
    }

    async fn list(&self, state: TaskState, most: u32) -> Result<Vec<TaskRow>, PortError> {
        let rows = match state {
            TaskState::Waiting => self.waiting(most).await,
            TaskState::Running => self.running(most).await,
            // What is done is not kept.
            TaskState::Done => Ok(Vec::new()),
            TaskState::Buried => self.buried(most).await,
        };
        let mut rows = rows.map_err(failed("list tasks"))?;
        rows.sort_by_key(|(moved, _)| Reverse(*moved));
        let rows = rows.into_iter().map(|(_, row)| row);
        Ok(rows.take(most as usize).collect())
    }

    async fn requeue(&self, id: &TaskId) -> Result<Requeued, PortError> {
        let mut script = self.scripts.requeue.prepare_invoke();
        script.key(self.keys.buried()).key(self.keys.buried_at());
        script.key(self.keys.buried_size());
        script.arg(id.as_str()).arg(self.now().timestamp_micros());
        script.arg(self.keys.ours());
        let was_buried = async {
            script
                .invoke_async(&mut self.looks.connection().await?)
                .await
        };
        if was_buried.await.map_err(failed("re-queue a task"))? {
            Ok(Requeued::Yes)
        } else {
            Ok(Requeued::NotBuried)
        }
    }

    async fn purge(&self, queue: &QueueName) -> Result<u64, PortError> {
        let mut script = self.scripts.purge.prepare_invoke();
        self.name_queues(&mut script, std::slice::from_ref(queue));
        script.arg(self.keys.lists()).arg(self.keys.ours());
        let purged = async {
            script
                .invoke_async(&mut self.looks.connection().await?)
                .await
        };
        purged.await.map_err(failed("purge a queue"))
    }
}

impl RedisQueue {
    async fn count_all(&self) -> RedisResult<Vec<QueueCounts>> {
        let mut redis = self.looks.connection().await?;
        let now = self.now();
        let mut counts = BTreeMap::new();
        for queue in self.queues(&mut redis).await? {
            let row = self.count_waiting(&mut redis, queue.clone(), now).await?;
            counts.insert(queue, row);
        }
        let mut hashes = self.claims(&mut redis).await?;
        let buried = self.keys.buried();
        hashes.push(buried.clone());
        for hash in hashes {
            for (_, head) in self.heads(&mut redis, &hash).await? {
                let queue = head.queue;
                let row = counts
                    .entry(queue)
                    .or_insert_with_key(|queue| QueueCounts::none_in(queue.clone()));
                if hash == buried {
                    row.buried += 1;
                } else {
                    row.running += 1;
                }
            }
        }
        let rows = counts.into_values();
        Ok(rows
            .filter(|row| 0 < row.waiting + row.running + row.buried)
            .collect())
    }

    async fn count_waiting(
        &self,
        redis: &mut Connection,
        queue: QueueName,
        now: DateTime<Utc>,
    ) -> RedisResult<QueueCounts> {
        let mut script = self.scripts.count.prepare_invoke();
        self.name_queues(&mut script, std::slice::from_ref(&queue));
        script.arg(MOST_MESSAGE);
        let (waiting, records, messages): (u64, Vec<Vec<u8>>, Vec<Vec<u8>>) =
            script.invoke_async(redis).await?;
        let ours = records
            .iter()
            .filter_map(|each| of_record(each, TaskState::Waiting));
        let theirs = messages
            .iter()
            .filter_map(|each| of_message(each, &queue, now));
        let due = ours.chain(theirs).map(|(_, row)| row.due_at);
        let oldest_due_at = due.filter(|due_at| *due_at <= now).min();
        Ok(QueueCounts {
            waiting,
            oldest_due_at,
            ..QueueCounts::none_in(queue)
        })
    }

    async fn waiting(&self, most: u32) -> RedisResult<Vec<Moved>> {
        let mut redis = self.looks.connection().await?;
        let now = self.now();
        let mut rows = Vec::new();
        if most == 0 {
            return Ok(rows);
        }
        for queue in self.queues(&mut redis).await? {
            let mut script = self.scripts.peek.prepare_invoke();
            self.name_queues(&mut script, std::slice::from_ref(&queue));
            let looked_at = most.clamp(FEWEST_LOOKED_AT, MOST_LOOKED_AT);
            script.arg(looked_at).arg(MOST_MESSAGE);
            let (records, messages): (Vec<Vec<u8>>, Vec<Vec<u8>>) =
                script.invoke_async(&mut redis).await?;
            rows.extend(
                records
                    .iter()
                    .filter_map(|each| of_record(each, TaskState::Waiting)),
            );
            rows.extend(
                messages
                    .iter()
                    .filter_map(|each| of_message(each, &queue, now)),
            );
        }
        Ok(rows)
    }

    async fn running(&self, most: u32) -> RedisResult<Vec<Moved>> {
        let mut redis = self.looks.connection().await?;
        let mut found = Vec::new();
        for hash in self.claims(&mut redis).await? {
            let heads = self.heads(&mut redis, &hash).await?.into_iter();
            found.extend(heads.map(|(field, head)| (head.moved, hash.clone(), field)));
        }
        found.sort_by_key(|(moved, ..)| Reverse(*moved));
        let mut rows = Vec::new();
        for (_, hash, field) in found.into_iter().take(most as usize) {
            let mut script = self.scripts.held.prepare_invoke();
            script.key(hash).arg(field);
            let record: Option<Vec<u8>> = script.invoke_async(&mut redis).await?;
            rows.extend(record.and_then(|each| of_record(&each, TaskState::Running)));
        }
        Ok(rows)
    }

    async fn buried(&self, most: u32) -> RedisResult<Vec<Moved>> {
        let mut redis = self.looks.connection().await?;
        let last = isize::try_from(most).unwrap_or(isize::MAX) - 1;
        if last < 0 {
            return Ok(Vec::new());
        }
        let ids = redis.zrevrange(self.keys.buried_at(), 0, last).await?;
        let mut rows = Vec::new();
        for id in ids {
            let record: Option<Vec<u8>> = cmd("HGET")
                .arg(self.keys.buried())
                .arg(id)
                .query_async(&mut redis)
                .await?;
            rows.extend(record.and_then(|each| of_record(&each, TaskState::Buried)));
        }
        Ok(rows)
    }

    /// Every queue that was ever used.
    async fn queues(&self, redis: &mut Connection) -> RedisResult<Vec<QueueName>> {
        let names = redis.smembers(self.keys.queues()).await?.into_iter();
        Ok(names.filter_map(|name| name.try_into().ok()).collect())
    }

    /// The keys of what workers hold, dead ones included.
    async fn claims(&self, redis: &mut Connection) -> RedisResult<Vec<String>> {
        let mut workers = redis.zrange(self.keys.living(), 0, -1).await?;
        workers.extend(redis.smembers(self.keys.taken_back()).await?);
        let keys = workers.iter().map(|worker| self.keys.held(worker));
        Ok(keys.collect())
    }

    /// What is known of the tasks in a hash, page by page.
    async fn heads(
        &self,
        redis: &mut Connection,
        hash: &str,
    ) -> RedisResult<BTreeMap<String, Head>> {
        let (mut heads, mut page) = (BTreeMap::new(), "0".to_owned());
        loop {
            let mut script = self.scripts.heads.prepare_invoke();
            let answer: Vec<String> = script
                .key(hash)
                .arg(page)
                .arg(i32::from(hash != self.keys.buried()))
                .invoke_async(redis)
                .await?;
            let mut answer = answer.into_iter();
            page = answer.next().unwrap_or_default();
            while let (Some(field), Some(head)) = (answer.next(), answer.next()) {
                if let Some((head, _)) = Head::read(head.as_bytes()) {
                    heads.insert(field, head);
                }
            }
            if page.is_empty() || page == "0" {
                return Ok(heads);
            }
        }
    }
}
