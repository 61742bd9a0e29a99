//! Who is quiet, and who wants no reminders.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::model::ArtistId;
use domain::ports::{PortError, QuietArtist, QuietSlice, ReminderRepo, Silence};
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use uuid::Uuid;

use super::SqliteStore;
use super::artists::Stored;
use super::error::StoreError;
use super::values::{count, instant};
use super::writer::Write;

/// The least of all ids comes after this.
const BEFORE_ALL: &[u8] = &[];

#[async_trait]
impl ReminderRepo for SqliteStore {
    async fn quiet(
        &self,
        after: Option<ArtistId>,
        most: u32,
        before: DateTime<Utc>,
    ) -> Result<QuietSlice, PortError> {
        let read = async {
            let after = after.map(|id| id.as_uuid().into_bytes());
            let after = after.as_ref().map_or(BEFORE_ALL, |id| id.as_slice());
            let mut reader = self.readers.begin().await?;
            let Some((last, scanned)) = bounds(after, most, &mut reader).await? else {
                return Ok(QuietSlice::default());
            };
            let quiet = sqlx::query(QUIET)
                .bind(after)
                .bind(last)
                .bind(before.timestamp_micros())
                .try_map(|row: SqliteRow| {
                    Ok(QuietArtist {
                        id: ArtistId::new(row.try_get("id")?),
                        since: instant(&row, "since")?,
                    })
                })
                .fetch_all(&mut *reader)
                .await?;
            Ok(QuietSlice {
                quiet,
                scanned,
                more_after: (scanned == most).then(|| ArtistId::new(last)),
            })
        };
        read.await.map_err(|error: sqlx::Error| {
            StoreError::from(error).into_port("look for quiet artists")
        })
    }

    async fn silence(&self, id: ArtistId) -> Result<Option<Silence>, PortError> {
        sqlx::query(SILENCE)
            .bind(id.as_uuid())
            .try_map(|row: SqliteRow| {
                let Stored(artist) = sqlx::FromRow::from_row(&row)?;
                Ok(Silence {
                    artist,
                    since: instant(&row, "since")?,
                    is_unsubscribed: row.try_get("is_unsubscribed")?,
                })
            })
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| StoreError::from(error).into_port("look how long an artist is quiet"))
    }

    async fn unsubscribe(&self, id: ArtistId) -> Result<bool, PortError> {
        let now = self.now();
        self.write(Unsubscribe { id, now })
            .await
            .map_err(|error| error.into_port("unsubscribe an artist"))
    }
}

/// The youngest album is the first entry of `albums_of_artist_by_age`.
const QUIET: &str = "SELECT id, since FROM (
        SELECT id, coalesce(
            (SELECT max(created_at) FROM albums WHERE artist_id = artists.id), created_at) AS since
        FROM artists WHERE id > ?1 AND id <= ?2 AND unsubscribed_at IS NULL)
    WHERE since < ?3 ORDER BY id";
const SILENCE: &str = "SELECT *, unsubscribed_at IS NOT NULL AS is_unsubscribed, coalesce(
        (SELECT max(created_at) FROM albums WHERE artist_id = artists.id), created_at) AS since
    FROM artists WHERE id = ?";
const BOUNDS: &str = "SELECT max(id) AS last, count(*) AS scanned
    FROM (SELECT id FROM artists WHERE id > ? ORDER BY id LIMIT ?)";

/// The last of the next `most` artists after `after`, and how many they are; `None` for none.
async fn bounds(
    after: &[u8],
    most: u32,
    reader: &mut SqliteConnection,
) -> sqlx::Result<Option<(Uuid, u32)>> {
    let row = sqlx::query(BOUNDS)
        .bind(after)
        .bind(most)
        .fetch_one(reader)
        .await?;
    let last: Option<Uuid> = row.try_get("last")?;
    last.map(|last| Ok((last, count(&row, "scanned")?)))
        .transpose()
}

struct Unsubscribe {
    id: ArtistId,
    now: i64,
}

#[async_trait]
impl Write for Unsubscribe {
    type Answer = bool;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<bool> {
        let found = sqlx::query(
            "UPDATE artists SET unsubscribed_at = coalesce(unsubscribed_at, ?) WHERE id = ?",
        )
        .bind(self.now)
        .bind(self.id.as_uuid())
        .execute(connection)
        .await?;
        Ok(0 < found.rows_affected())
    }
}
