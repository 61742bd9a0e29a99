//! The digests of access tokens.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::model::{AccountId, Artist, ArtistId, Caller};
use domain::ports::{NewToken, PortError, TokenDigest, TokenRepo};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::PostgresStore;
use super::accounts::account;
use super::error::StoreError;
use super::pool::Statement;
use super::values::{optional, parsed};

#[async_trait]
impl TokenRepo for PostgresStore {
    async fn add(&self, token: &NewToken) -> Result<(), PortError> {
        self.pool
            .changed(|| adding(token))
            .await
            .map(drop)
            .map_err(|error| error.into_port("add a token"))
    }

    async fn caller(
        &self,
        digest: &TokenDigest,
        now: DateTime<Utc>,
    ) -> Result<Option<Caller>, PortError> {
        let found = async {
            let statement = || sqlx::query(CALLER).bind(digest.0.as_slice()).bind(now);
            let row = self.pool.first(statement).await?;
            Ok(row.as_ref().map(caller).transpose()?)
        };
        found
            .await
            .map_err(|error: StoreError| error.into_port("look up a token"))
    }

    async fn revoke(&self, digest: &TokenDigest) -> Result<(), PortError> {
        let statement =
            || sqlx::query("DELETE FROM tokens WHERE digest = $1").bind(digest.0.as_slice());
        self.pool
            .changed(statement)
            .await
            .map(drop)
            .map_err(|error| error.into_port("revoke a token"))
    }

    async fn revoke_all(&self, account: AccountId) -> Result<(), PortError> {
        let statement =
            || sqlx::query("DELETE FROM tokens WHERE account_id = $1").bind(account.as_uuid());
        self.pool
            .changed(statement)
            .await
            .map(drop)
            .map_err(|error| error.into_port("revoke the tokens of an account"))
    }
}

pub(super) fn adding(token: &NewToken) -> Statement<'_> {
    sqlx::query(
        "INSERT INTO tokens (digest, account_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(token.digest.0.as_slice())
    .bind(token.account_id.as_uuid())
    .bind(token.created_at)
    .bind(token.expires_at)
}

/// Asked with every request, so it is one statement.
const CALLER: &str = "
    SELECT accounts.*, artists.id AS artist_id, artists.stage_name, artists.social_link,
        artists.created_at AS artist_created_at
    FROM tokens JOIN accounts ON accounts.id = tokens.account_id
        LEFT JOIN artists ON artists.account_id = accounts.id
    WHERE tokens.digest = $1 AND tokens.expires_at > $2";

fn caller(row: &PgRow) -> sqlx::Result<Caller> {
    let account = account(row)?;
    let artist = match row.try_get("artist_id")? {
        None => None,
        Some(id) => Some(Artist {
            id: ArtistId::new(id),
            account_id: account.id,
            stage_name: parsed(row, "stage_name")?,
            social_link: optional(row, "social_link")?,
            created_at: row.try_get("artist_created_at")?,
        }),
    };
    Ok(Caller { account, artist })
}
