//! Accounts and what they log in with.

use async_trait::async_trait;
use domain::model::{Account, AccountEdit, AccountId, Bio, EmailAddress, Username, folded};
use domain::ports::{
    AccountRepo, AddAccountError, Credentials, EditAccountError, NewAccount, PasswordHash,
    PortError,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::error::StoreError;
use super::pool::Statement;
use super::values::{optional, parsed};
use super::{PostgresStore, tokens};

const USERNAME: &str = "accounts_username_folded_key";
const EMAIL: &str = "accounts_email_folded_key";

#[async_trait]
impl AccountRepo for PostgresStore {
    async fn add(&self, new: &NewAccount) -> Result<(), AddAccountError> {
        self.add_account(new).await.map_err(|error| {
            if error.is_taken(USERNAME) {
                AddAccountError::UsernameTaken
            } else if error.is_taken(EMAIL) {
                AddAccountError::EmailTaken
            } else {
                error.into_port("add an account").into()
            }
        })
    }

    async fn get(&self, id: AccountId) -> Result<Option<Account>, PortError> {
        let found = async {
            let statement =
                || sqlx::query("SELECT * FROM accounts WHERE id = $1").bind(id.as_uuid());
            let row = self.pool.first(statement).await?;
            Ok(row.as_ref().map(account).transpose()?)
        };
        found
            .await
            .map_err(|error: StoreError| error.into_port("load an account"))
    }

    async fn credentials(&self, username: &Username) -> Result<Option<Credentials>, PortError> {
        let found = async {
            let statement = || {
                sqlx::query("SELECT * FROM accounts WHERE username_folded = $1")
                    .bind(folded(username.as_str()))
            };
            let row = self.pool.first(statement).await?;
            Ok(row.as_ref().map(credentials).transpose()?)
        };
        found
            .await
            .map_err(|error: StoreError| error.into_port("load the password of an account"))
    }

    async fn edit(
        &self,
        id: AccountId,
        edit: &AccountEdit,
    ) -> Result<Option<Account>, EditAccountError> {
        let edited = async {
            let row = self.pool.first(|| editing(id, edit)).await?;
            Ok(row.as_ref().map(account).transpose()?)
        };
        edited.await.map_err(|error: StoreError| {
            if error.is_taken(USERNAME) {
                EditAccountError::UsernameTaken
            } else if error.is_taken(EMAIL) {
                EditAccountError::EmailTaken
            } else {
                error.into_port("change an account").into()
            }
        })
    }
}

impl PostgresStore {
    async fn add_account(&self, new: &NewAccount) -> Result<(), StoreError> {
        let Some(token) = &new.token else {
            return self.pool.changed(|| adding(new)).await.map(drop);
        };
        let mut session = self.pool.session().await?;
        session.begin().await?;
        let done = async {
            session.changed(adding(new)).await?;
            session.changed(tokens::adding(token)).await
        };
        let done = done.await;
        session.end(done).await.map(drop)
    }
}

fn adding(new: &NewAccount) -> Statement<'_> {
    let NewAccount {
        account, password, ..
    } = new;
    sqlx::query(
        "INSERT INTO accounts (id, username, username_folded, email, email_folded, password, bio, is_staff, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(account.id.as_uuid())
    .bind(account.username.as_str())
    .bind(folded(account.username.as_str()))
    .bind(account.email.as_str())
    .bind(account.email.folded())
    .bind(password.as_str())
    .bind(account.bio.as_ref().map(Bio::as_str))
    .bind(account.is_staff)
    .bind(account.created_at)
}

fn editing(id: AccountId, edit: &AccountEdit) -> Statement<'_> {
    let AccountEdit {
        username,
        email,
        bio,
    } = edit;
    sqlx::query(
        "UPDATE accounts SET
             username = coalesce($2, username), username_folded = coalesce($3, username_folded),
             email = coalesce($4, email), email_folded = coalesce($5, email_folded),
             bio = CASE WHEN $6 THEN $7 ELSE bio END
         WHERE id = $1 RETURNING *",
    )
    .bind(id.as_uuid())
    .bind(username.as_ref().map(Username::as_str))
    .bind(username.as_ref().map(|name| folded(name.as_str())))
    .bind(email.as_ref().map(EmailAddress::as_str))
    .bind(email.as_ref().map(EmailAddress::folded))
    .bind(bio.is_some())
    .bind(bio.as_ref().and_then(|bio| bio.as_ref().map(Bio::as_str)))
}

fn credentials(row: &PgRow) -> sqlx::Result<Credentials> {
    Ok(Credentials {
        account: account(row)?,
        password: PasswordHash::new(row.try_get("password")?),
    })
}

/// An account as it lies in its row.
pub(super) fn account(row: &PgRow) -> sqlx::Result<Account> {
    Ok(Account {
        id: AccountId::new(row.try_get("id")?),
        username: parsed(row, "username")?,
        email: parsed(row, "email")?,
        bio: optional(row, "bio")?,
        is_staff: row.try_get("is_staff")?,
        created_at: row.try_get("created_at")?,
    })
}
