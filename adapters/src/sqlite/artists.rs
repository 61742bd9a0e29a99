//! Artists.

use async_trait::async_trait;
use domain::model::{AccountId, Artist, ArtistId, Page, PageRequest, SocialLink, folded};
use domain::ports::{AddArtistError, ArtistRepo, PortError};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{FromRow, Row as _};

use super::SqliteStore;
use super::error::StoreError;
use super::values::{instant, optional, parsed};
use super::writer::Write;

#[async_trait]
impl ArtistRepo for SqliteStore {
    async fn add(&self, artist: &Artist) -> Result<(), AddArtistError> {
        self.write(Add(artist.clone())).await.map_err(|error| {
            if error.is_taken("artists.account_id") {
                AddArtistError::AlreadyArtist
            } else if error.is_taken("artists.stage_name_folded") {
                AddArtistError::StageNameTaken
            } else if error.is_orphan() {
                AddArtistError::UnknownAccount
            } else {
                error.into_port("add an artist").into()
            }
        })
    }

    async fn get(&self, id: ArtistId) -> Result<Option<Artist>, PortError> {
        sqlx::query_as("SELECT * FROM artists WHERE id = ?")
            .bind(id.as_uuid())
            .fetch_optional(&self.readers)
            .await
            .map(|found| found.map(|Stored(artist)| artist))
            .map_err(|error| StoreError::from(error).into_port("load an artist"))
    }

    async fn list(
        &self,
        search: Option<String>,
        page: PageRequest,
    ) -> Result<Page<Artist>, PortError> {
        let listed = async {
            let search = search.map(|part| folded(&part));
            let mut reader = self.readers.begin().await?;
            let count: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM artists WHERE ?1 IS NULL OR instr(stage_name_folded, ?1) > 0",
            )
            .bind(&search)
            .fetch_one(&mut *reader)
            .await?;
            let items: Vec<Stored> = sqlx::query_as(
                "SELECT * FROM artists WHERE ?1 IS NULL OR instr(stage_name_folded, ?1) > 0
                 ORDER BY created_at, id LIMIT ?2 OFFSET ?3",
            )
            .bind(&search)
            .bind(page.limit)
            .bind(page.offset)
            .fetch_all(&mut *reader)
            .await?;
            Ok(Page {
                items: items.into_iter().map(|Stored(artist)| artist).collect(),
                count: count.unsigned_abs(),
            })
        };
        listed
            .await
            .map_err(|error: sqlx::Error| StoreError::from(error).into_port("list artists"))
    }
}

struct Add(Artist);

#[async_trait]
impl Write for Add {
    type Answer = ();

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        let artist = &self.0;
        sqlx::query(
            "INSERT INTO artists (id, account_id, stage_name, stage_name_folded, social_link, created_at)
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(artist.id.as_uuid())
        .bind(artist.account_id.as_uuid())
        .bind(artist.stage_name.as_str())
        .bind(folded(artist.stage_name.as_str()))
        .bind(artist.social_link.as_ref().map(SocialLink::as_str))
        .bind(artist.created_at.timestamp_micros())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// An artist as it lies in its row.
pub(super) struct Stored(pub(super) Artist);

impl FromRow<'_, SqliteRow> for Stored {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self(Artist {
            id: ArtistId::new(row.try_get("id")?),
            account_id: AccountId::new(row.try_get("account_id")?),
            stage_name: parsed(row, "stage_name")?,
            social_link: optional(row, "social_link")?,
            created_at: instant(row, "created_at")?,
        }))
    }
}
