//! Takes rows for a worker that was told of them: by messages, or because they are suspects.

use std::collections::HashMap;

use domain::ports::{Lease, WorkerId};
use domain::tasks::TaskId;
use sqlx::Row as _;

use super::take::lease;
use crate::postgres::PostgresStore;
use crate::postgres::error::StoreError;
use crate::postgres::values::each;

/// One row without a task, if none of these could be taken; none, if the worker is not known.
const TAKE_ROWS: &str = "
    WITH me AS (
        UPDATE workers SET seen_at = statement_timestamp()
        WHERE id = $1 AND statement_timestamp() - $2 / 2 * interval '1 microsecond' <= seen_at
        RETURNING id),
    found AS MATERIALIZED (
        SELECT seq FROM tasks
        WHERE id = ANY ($4) AND state = 'relayed' AND EXISTS (SELECT FROM me) FOR UPDATE SKIP LOCKED),
    taken AS (
        UPDATE tasks SET state = 'running', worker = $1, fence = $3, moved_at = clock_timestamp()
        WHERE seq = ANY (ARRAY(SELECT seq FROM found)) RETURNING *)
    SELECT taken.* FROM me LEFT JOIN taken ON true";

impl PostgresStore {
    /// Takes the relayed rows of `ids`, in their order.
    pub(in crate::postgres) async fn take_rows(
        &self,
        worker: WorkerId,
        ids: &[TaskId],
    ) -> Result<Vec<Lease>, StoreError> {
        let fence: i64 = rand::random();
        let ids: Vec<_> = ids.iter().map(TaskId::as_str).collect();
        self.arrive(worker).await?;
        let on_its_way = self.lost.unless_it_arrives(worker, fence);
        let taking = || {
            sqlx::query(TAKE_ROWS)
                .bind(worker.as_uuid())
                .bind(self.presence.lease())
                .bind(fence)
                .bind(&ids)
        };
        let mut rows = self.pool.all(taking).await?;
        if rows.is_empty() {
            // It was silent for so long that it is not known any more.
            self.presence.renew(worker).await?;
            rows = self.pool.all(taking).await?;
        }
        if rows.is_empty() {
            return Err(StoreError::Overtaken);
        }
        rows.retain(|row| {
            row.try_get::<Option<i64>, _>("seq")
                .is_ok_and(|seq| seq.is_some())
        });
        let leases = each(&rows, lease)?;
        on_its_way.arrived();
        Ok(in_order_of(&ids, leases))
    }

    /// Takes a suspect of the queues with these names, if there is one and the worker has none.
    pub(in crate::postgres) async fn take_one_suspect(
        &self,
        worker: WorkerId,
        names: &[&str],
    ) -> Result<Option<Lease>, StoreError> {
        self.arrive(worker).await?;
        let seen = self.look(worker, names).await?;
        if !seen.has_suspects {
            return Ok(None);
        }
        let fence: i64 = rand::random();
        let on_its_way = self.lost.unless_it_arrives(worker, fence);
        let rows = self.take_suspect(worker, names, fence).await?;
        let leases = each(&rows, lease)?;
        on_its_way.arrived();
        Ok(leases.into_iter().next())
    }
}

fn in_order_of(ids: &[&str], mut leases: Vec<Lease>) -> Vec<Lease> {
    let places: HashMap<&str, usize> = (0..).zip(ids).map(|(place, id)| (*id, place)).collect();
    leases.sort_by_key(|lease| places.get(lease.envelope.id.as_str()).copied());
    leases
}
