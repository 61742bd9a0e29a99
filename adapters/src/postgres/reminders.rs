//! Who is quiet, and who wants no reminders.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::model::ArtistId;
use domain::ports::{PortError, QuietArtist, QuietSlice, ReminderRepo, Silence};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::PostgresStore;
use super::artists::artist;
use super::error::StoreError;
use super::values::{count, known};

#[async_trait]
impl ReminderRepo for PostgresStore {
    async fn quiet(
        &self,
        after: Option<ArtistId>,
        most: u32,
        before: DateTime<Utc>,
    ) -> Result<QuietSlice, PortError> {
        self.slice(after, most, before)
            .await
            .map_err(|error| error.into_port("look for quiet artists"))
    }

    async fn silence(&self, id: ArtistId) -> Result<Option<Silence>, PortError> {
        let found = async {
            let row = self
                .pool
                .first(|| sqlx::query(SILENCE).bind(id.as_uuid()))
                .await?;
            Ok(row.as_ref().map(silence).transpose()?)
        };
        found
            .await
            .map_err(|error: StoreError| error.into_port("look how long an artist is quiet"))
    }

    async fn unsubscribe(&self, id: ArtistId) -> Result<bool, PortError> {
        let now = self.clock.now();
        self.pool
            .changed(|| sqlx::query(UNSUBSCRIBE).bind(id.as_uuid()).bind(now))
            .await
            .map(|found| 0 < found)
            .map_err(|error| error.into_port("unsubscribe an artist"))
    }
}

/// A row for each quiet artist, or one without, beside what all have in common. The youngest
/// album is the first entry of `albums_of_artist_by_age`.
const QUIET: &str = "
    WITH slice AS MATERIALIZED (
        SELECT id, created_at, unsubscribed_at FROM artists WHERE $1 <= id ORDER BY id LIMIT $2),
    seen AS (
        SELECT id, coalesce((SELECT max(albums.created_at) FROM albums
            WHERE albums.artist_id = slice.id), created_at) AS since
        FROM slice WHERE unsubscribed_at IS NULL)
    SELECT quiet.id, quiet.since, (SELECT count(*) FROM slice) AS scanned,
        (SELECT slice.id FROM slice ORDER BY slice.id DESC LIMIT 1) AS last
    FROM (VALUES (1)) AS one LEFT JOIN (SELECT * FROM seen WHERE since < $3) AS quiet ON true
    ORDER BY quiet.id";
const SILENCE: &str = "
    SELECT *, unsubscribed_at IS NOT NULL AS is_unsubscribed, coalesce(
        (SELECT max(albums.created_at) FROM albums WHERE albums.artist_id = artists.id),
        created_at) AS since
    FROM artists WHERE id = $1";
const UNSUBSCRIBE: &str =
    "UPDATE artists SET unsubscribed_at = coalesce(unsubscribed_at, $2) WHERE id = $1";

impl PostgresStore {
    async fn slice(
        &self,
        after: Option<ArtistId>,
        most: u32,
        before: DateTime<Utc>,
    ) -> Result<QuietSlice, StoreError> {
        // The first id that may be the next: with a bound that may be missing, the index would not be used.
        let first = match after {
            None => Some(Uuid::nil()),
            Some(id) => id.as_uuid().as_u128().checked_add(1).map(Uuid::from_u128),
        };
        let Some(first) = first else {
            return Ok(QuietSlice::default());
        };
        let looking = || {
            sqlx::query(QUIET)
                .bind(first)
                .bind(i64::from(most))
                .bind(known(before))
        };
        let rows = self.pool.all(looking).await?;
        let (scanned, last) = match rows.first() {
            Some(row) => (count(row, "scanned")?, row.try_get("last")?),
            None => (0, None),
        };
        let mut quiet = Vec::with_capacity(rows.len());
        for row in &rows {
            quiet.extend(quiet_artist(row)?);
        }
        Ok(QuietSlice {
            quiet,
            scanned,
            more_after: last.filter(|_| scanned == most).map(ArtistId::new),
        })
    }
}

fn quiet_artist(row: &PgRow) -> sqlx::Result<Option<QuietArtist>> {
    let Some(id) = row.try_get("id")? else {
        return Ok(None);
    };
    Ok(Some(QuietArtist {
        id: ArtistId::new(id),
        since: row.try_get("since")?,
    }))
}

fn silence(row: &PgRow) -> sqlx::Result<Silence> {
    Ok(Silence {
        artist: artist(row)?,
        since: row.try_get("since")?,
        is_unsubscribed: row.try_get("is_unsubscribed")?,
    })
}
