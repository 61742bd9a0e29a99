//! The digests of access tokens.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::model::{AccountId, Caller};
use domain::ports::{NewToken, PortError, TokenDigest, TokenRepo};
use sqlx::sqlite::SqliteConnection;

use super::error::StoreError;
use super::writer::Write;
use super::{SqliteStore, accounts, artists};

#[async_trait]
impl TokenRepo for SqliteStore {
    async fn add(&self, token: &NewToken) -> Result<(), PortError> {
        self.write(Add(token.clone()))
            .await
            .map_err(|error| error.into_port("add a token"))
    }

    async fn caller(
        &self,
        digest: &TokenDigest,
        now: DateTime<Utc>,
    ) -> Result<Option<Caller>, PortError> {
        let fail = |error| StoreError::from(error).into_port("look up a token");
        let mut reader = self.readers.acquire().await.map_err(fail)?;
        let account = sqlx::query_as(
            "SELECT accounts.* FROM tokens JOIN accounts ON accounts.id = tokens.account_id
             WHERE tokens.digest = ? AND tokens.expires_at > ?",
        )
        .bind(digest.0.as_slice())
        .bind(now.timestamp_micros())
        .fetch_optional(&mut *reader)
        .await
        .map_err(fail)?;
        let Some(accounts::Stored(account)) = account else {
            return Ok(None);
        };
        let artist = sqlx::query_as("SELECT * FROM artists WHERE account_id = ?")
            .bind(account.id.as_uuid())
            .fetch_optional(&mut *reader)
            .await
            .map_err(fail)?;
        let artist = artist.map(|artists::Stored(artist)| artist);
        Ok(Some(Caller { account, artist }))
    }

    async fn revoke(&self, digest: &TokenDigest) -> Result<(), PortError> {
        self.write(Revoke(*digest))
            .await
            .map_err(|error| error.into_port("revoke a token"))
    }

    async fn revoke_all(&self, account: AccountId) -> Result<(), PortError> {
        self.write(RevokeAll(account))
            .await
            .map_err(|error| error.into_port("revoke the tokens of an account"))
    }
}

pub(super) async fn insert(
    token: &NewToken,
    connection: &mut SqliteConnection,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO tokens (digest, account_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
    )
    .bind(token.digest.0.as_slice())
    .bind(token.account_id.as_uuid())
    .bind(token.created_at.timestamp_micros())
    .bind(token.expires_at.timestamp_micros())
    .execute(connection)
    .await?;
    Ok(())
}

struct Add(NewToken);

#[async_trait]
impl Write for Add {
    type Answer = ();

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        insert(&self.0, connection).await
    }
}

struct Revoke(TokenDigest);

#[async_trait]
impl Write for Revoke {
    type Answer = ();

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM tokens WHERE digest = ?")
            .bind(self.0.0.as_slice())
            .execute(connection)
            .await?;
        Ok(())
    }
}

struct RevokeAll(AccountId);

#[async_trait]
impl Write for RevokeAll {
    type Answer = ();

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM tokens WHERE account_id = ?")
            .bind(self.0.as_uuid())
            .execute(connection)
            .await?;
        Ok(())
    }
}
