//! Tells living workers from dead ones, and dead senders of mails from paused ones.
//!
//! A worker renews its row every few seconds; when it has not for the length of a lease it
//! is dead, and so is one without a row. Beside that its process holds a lock on a session
//! of its own, which ends when the process does and not while it is paused: so a mail at its
//! last step passes on at once only if its sender has fallen silent *and* its lock is free.

use std::collections::HashMap;
use std::time::Duration;

use domain::ports::WorkerId;
use sqlx::Row as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::Mutex;

use super::error::StoreError;
use super::pool::{Pool, connected, in_time};

/// Which workers of this process live, and the session that holds their locks.
pub(super) struct Presence {
    options: PgConnectOptions,
    lease: i64,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    session: Option<PgConnection>,
    /// The workers of this process, and whether `session` holds their locks.
    workers: HashMap<WorkerId, bool>,
}

/// Its row, and since when it has been seen without a gap: whoever was cut off must not take
/// those for dead who were cut off with it.
const RENEW: &str = "
    INSERT INTO workers AS known (id, since, seen_at)
    VALUES ($1, statement_timestamp(), statement_timestamp())
    ON CONFLICT (id) DO UPDATE SET seen_at = statement_timestamp(),
        since = CASE WHEN known.seen_at < statement_timestamp() - $2 / 2 * interval '1 microsecond'
            THEN statement_timestamp() ELSE known.since END";

const IS_DEAD: &str = "
    SELECT NOT EXISTS (SELECT FROM workers
            WHERE id = $1 AND statement_timestamp() - $2 * interval '1 microsecond' <= seen_at)
        AND pg_try_advisory_xact_lock_shared($3) AS is_dead";

impl Presence {
    pub(super) fn new(options: PgConnectOptions, lease: Duration) -> Self {
        Self {
            options,
            lease: i64::try_from(lease.as_micros()).unwrap_or(i64::MAX / 4),
            held: Mutex::default(),
        }
    }

    /// How long after its last sign of life a worker is dead, in microseconds.
    pub(super) fn lease(&self) -> i64 {
        self.lease
    }

    /// Whether `worker` is one of this process's that has given a sign of life.
    pub(super) async fn knows(&self, worker: WorkerId) -> bool {
        self.held.lock().await.workers.contains_key(&worker)
    }

    /// Notes that `worker` lives, over the session that holds its lock: so a session that was
    /// lost is noticed, and made anew.
    pub(super) async fn renew(&self, worker: WorkerId) -> Result<(), StoreError> {
        let mut held = self.held.lock().await;
        held.workers.entry(worker).or_insert(false);
        let is_old = held.session.is_some();
        match held.renew(worker, self).await {
            // It lay there for seconds and may have been lost long ago.
            Err(error) if is_old && !error.leaves_connection() => held.renew(worker, self).await,
            ended => ended,
        }
    }

    /// Ends the signs of life of `worker`: it is dead from now on.
    pub(super) async fn forget(&self, worker: WorkerId) -> Result<(), StoreError> {
        let mut held = self.held.lock().await;
        held.workers.remove(&worker);
        let Some(session) = held.session.as_mut() else {
            return Ok(());
        };
        let unlock = sqlx::query("SELECT pg_advisory_unlock($1)").bind(lock_of(worker));
        in_time(unlock.execute(&mut *session)).await?;
        let age = sqlx::query("UPDATE workers SET seen_at = '-infinity' WHERE id = $1")
            .bind(worker.as_uuid());
        in_time(age.execute(session)).await?;
        Ok(())
    }

    /// Whether `sender` is dead for sure: silent for the length of a lease, and its lock free.
    pub(super) async fn is_dead(&self, sender: WorkerId, pool: &Pool) -> Result<bool, StoreError> {
        let row = pool
            .first(|| {
                sqlx::query(IS_DEAD)
                    .bind(sender.as_uuid())
                    .bind(self.lease)
                    .bind(lock_of(sender))
            })
            .await?;
        Ok(row.map(|row| row.try_get("is_dead")).transpose()? == Some(true))
    }
}

impl Held {
    async fn renew(&mut self, worker: WorkerId, by: &Presence) -> Result<(), StoreError> {
        let Self { session, workers } = self;
        // Taken out: whoever stops waiting midway leaves a session that cannot be trusted.
        let mut current = if let Some(current) = session.take() {
            current
        } else {
            for is_locked in workers.values_mut() {
                *is_locked = false;
            }
            connected(&by.options).await?
        };
        for (worker, is_locked) in workers.iter_mut().filter(|(_, is_locked)| !**is_locked) {
            let lock = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(lock_of(*worker));
            // Held by a session of ours that the server has not missed yet, it is as good; it
            // is tried again with the next sign of life.
            *is_locked = in_time(lock.fetch_one(&mut current)).await?;
        }
        let renewal = sqlx::query(RENEW).bind(worker.as_uuid()).bind(by.lease);
        let renewed = in_time(renewal.execute(&mut current)).await;
        if renewed
            .as_ref()
            .err()
            .is_none_or(StoreError::leaves_connection)
        {
            *session = Some(current);
        }
        renewed.map(drop)
    }
}

/// The lock that says that `worker` lives: a number, of which a database has 2⁶⁴.
fn lock_of(worker: WorkerId) -> i64 {
    let (high, low) = worker.as_uuid().as_u64_pair();
    (high.rotate_left(32) ^ low).cast_signed()
}
