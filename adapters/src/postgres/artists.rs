//! Artists.

use async_trait::async_trait;
use domain::model::{AccountId, Artist, ArtistId, Page, PageRequest, SocialLink, folded};
use domain::ports::{AddArtistError, ArtistRepo, PortError};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::PostgresStore;
use super::error::StoreError;
use super::pool::Statement;
use super::values::{count, each, optional, parsed, searched};

#[async_trait]
impl ArtistRepo for PostgresStore {
    async fn add(&self, artist: &Artist) -> Result<(), AddArtistError> {
        let added = self.pool.changed(|| adding(artist)).await;
        added.map(drop).map_err(|error| {
            if error.is_taken("artists_account_id_key") {
                AddArtistError::AlreadyArtist
            } else if error.is_taken("artists_stage_name_folded_key") {
                AddArtistError::StageNameTaken
            } else if error.is_orphan() {
                AddArtistError::UnknownAccount
            } else {
                error.into_port("add an artist").into()
            }
        })
    }

    async fn get(&self, id: ArtistId) -> Result<Option<Artist>, PortError> {
        let found = async {
            let statement =
                || sqlx::query("SELECT * FROM artists WHERE id = $1").bind(id.as_uuid());
            let row = self.pool.first(statement).await?;
            Ok(row.as_ref().map(artist).transpose()?)
        };
        found
            .await
            .map_err(|error: StoreError| error.into_port("load an artist"))
    }

    async fn list(
        &self,
        search: Option<String>,
        page: PageRequest,
    ) -> Result<Page<Artist>, PortError> {
        self.listed(search, page)
            .await
            .map_err(|error| error.into_port("list artists"))
    }
}

impl PostgresStore {
    async fn listed(
        &self,
        search: Option<String>,
        page: PageRequest,
    ) -> Result<Page<Artist>, StoreError> {
        let Ok(search) = search.as_deref().map(searched).transpose() else {
            return Ok(Page {
                items: Vec::new(),
                count: 0,
            });
        };
        let mut session = self.pool.session().await?;
        session.begin_looking().await?;
        let looked = async {
            let counted = session.all(sqlx::query(COUNT).bind(&search)).await?;
            let listing = sqlx::query(LIST)
                .bind(&search)
                .bind(i64::from(page.limit))
                .bind(i64::from(page.offset));
            let rows = session.all(listing).await?;
            Ok(Page {
                items: each(&rows, artist)?,
                count: counted.first().map_or(Ok(0), |row| count(row, "artists"))?,
            })
        };
        let looked = looked.await;
        session.end(looked).await
    }
}

const COUNT: &str = "SELECT count(*) AS artists FROM artists
    WHERE $1::text IS NULL OR strpos(stage_name_folded, $1) > 0";
const LIST: &str = "SELECT * FROM artists
    WHERE $1::text IS NULL OR strpos(stage_name_folded, $1) > 0
    ORDER BY created_at, id LIMIT $2 OFFSET $3";

fn adding(artist: &Artist) -> Statement<'_> {
    sqlx::query(
        "INSERT INTO artists (id, account_id, stage_name, stage_name_folded, social_link, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(artist.id.as_uuid())
    .bind(artist.account_id.as_uuid())
    .bind(artist.stage_name.as_str())
    .bind(folded(artist.stage_name.as_str()))
    .bind(artist.social_link.as_ref().map(SocialLink::as_str))
    .bind(artist.created_at)
}

/// An artist as they lie in their row.
pub(super) fn artist(row: &PgRow) -> sqlx::Result<Artist> {
    Ok(Artist {
        id: ArtistId::new(row.try_get("id")?),
        account_id: AccountId::new(row.try_get("account_id")?),
        stage_name: parsed(row, "stage_name")?,
        social_link: optional(row, "social_link")?,
        created_at: row.try_get("created_at")?,
    })
}
