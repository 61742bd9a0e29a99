//! Takes back what dead workers held.

use domain::ports::WorkerId;

use super::MOST_AT_ONCE;
use crate::postgres::PostgresStore;
use crate::postgres::error::StoreError;
use crate::postgres::values::count;

/// Who judges must itself have been seen for the length of a lease: after an outage those who
/// were cut off with it have that long to be heard again. A dead worker's row goes with the
/// last of what it held.
const TAKE_BACK: &str = "
    WITH dead AS MATERIALIZED (
        SELECT id FROM workers
        WHERE seen_at = '-infinity'
            OR seen_at < statement_timestamp() - $2 * interval '1 microsecond'
                AND EXISTS (SELECT FROM workers AS judge WHERE judge.id = $1
                    AND judge.since <= statement_timestamp() - $2 * interval '1 microsecond')
        ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED),
    held AS MATERIALIZED (
        SELECT seq FROM tasks WHERE state = 'running' AND worker IN (SELECT id FROM dead)
        LIMIT 1000 FOR UPDATE),
    taken_back AS (
        UPDATE tasks SET state = 'suspect', crashes = crashes + 1, worker = NULL, moved_at = clock_timestamp()
        WHERE seq IN (SELECT seq FROM held) RETURNING seq),
    gone AS (
        DELETE FROM workers WHERE id IN (SELECT id FROM dead) AND (SELECT count(*) FROM held) < 1000)
    SELECT count(*) AS tasks FROM taken_back";

impl PostgresStore {
    /// Notes that `worker` lives, and looks for the dead.
    pub(super) async fn renew_and_sweep(&self, worker: WorkerId) -> Result<usize, StoreError> {
        self.presence.renew(worker).await?;
        let taking_back = || {
            sqlx::query(TAKE_BACK)
                .bind(worker.as_uuid())
                .bind(self.presence.lease())
        };
        let mut taken_back = 0;
        loop {
            let row = self.pool.first(taking_back).await?;
            let step: usize = row.as_ref().map_or(Ok(0), |row| count(row, "tasks"))?;
            taken_back += step;
            if 0 < step {
                self.bell.ring();
            }
            if step < MOST_AT_ONCE {
                return Ok(taken_back);
            }
        }
    }
}
