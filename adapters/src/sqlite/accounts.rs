//! Accounts and what they log in with.

use async_trait::async_trait;
use domain::model::{Account, AccountEdit, AccountId, Bio, EmailAddress, Username, folded};
use domain::ports::{
    AccountRepo, AddAccountError, Credentials, EditAccountError, NewAccount, PasswordHash,
    PortError,
};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{FromRow, Row as _};

use super::error::StoreError;
use super::values::{instant, optional, parsed};
use super::writer::Write;
use super::{SqliteStore, tokens};

const USERNAME: &str = "accounts.username_folded";
const EMAIL: &str = "accounts.email_folded";

#[async_trait]
impl AccountRepo for SqliteStore {
    async fn add(&self, new: &NewAccount) -> Result<(), AddAccountError> {
        self.write(Add(new.clone())).await.map_err(|error| {
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
        sqlx::query_as("SELECT * FROM accounts WHERE id = ?")
            .bind(id.as_uuid())
            .fetch_optional(&self.readers)
            .await
            .map(|found| found.map(|Stored(account)| account))
            .map_err(|error| StoreError::from(error).into_port("load an account"))
    }

    async fn credentials(&self, username: &Username) -> Result<Option<Credentials>, PortError> {
        sqlx::query("SELECT * FROM accounts WHERE username_folded = ?")
            .bind(folded(username.as_str()))
            .try_map(|row: SqliteRow| {
                Ok(Credentials {
                    account: account(&row)?,
                    password: PasswordHash::new(row.try_get("password")?),
                })
            })
            .fetch_optional(&self.readers)
            .await
            .map_err(|error| StoreError::from(error).into_port("load the password of an account"))
    }

    async fn edit(
        &self,
        id: AccountId,
        edit: &AccountEdit,
    ) -> Result<Option<Account>, EditAccountError> {
        let edit = edit.clone();
        self.write(Edit { id, edit }).await.map_err(|error| {
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

struct Add(NewAccount);

#[async_trait]
impl Write for Add {
    type Answer = ();

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        let NewAccount {
            account,
            password,
            token,
        } = &self.0;
        sqlx::query(
            "INSERT INTO accounts (id, username, username_folded, email, email_folded, password, bio, is_staff, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(account.id.as_uuid())
        .bind(account.username.as_str())
        .bind(folded(account.username.as_str()))
        .bind(account.email.as_str())
        .bind(account.email.folded())
        .bind(password.as_str())
        .bind(account.bio.as_ref().map(Bio::as_str))
        .bind(account.is_staff)
        .bind(account.created_at.timestamp_micros())
        .execute(&mut *connection)
        .await?;
        if let Some(token) = token {
            tokens::insert(token, connection).await?;
        }
        Ok(())
    }
}

struct Edit {
    id: AccountId,
    edit: AccountEdit,
}

#[async_trait]
impl Write for Edit {
    type Answer = Option<Account>;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<Option<Account>> {
        let AccountEdit {
            username,
            email,
            bio,
        } = &self.edit;
        let changed = sqlx::query_as(
            "UPDATE accounts SET
                 username = coalesce(?, username), username_folded = coalesce(?, username_folded),
                 email = coalesce(?, email), email_folded = coalesce(?, email_folded),
                 bio = CASE WHEN ? THEN ? ELSE bio END
             WHERE id = ? RETURNING *",
        )
        .bind(username.as_ref().map(Username::as_str))
        .bind(username.as_ref().map(|name| folded(name.as_str())))
        .bind(email.as_ref().map(EmailAddress::as_str))
        .bind(email.as_ref().map(EmailAddress::folded))
        .bind(bio.is_some())
        .bind(bio.as_ref().and_then(|bio| bio.as_ref().map(Bio::as_str)))
        .bind(self.id.as_uuid())
        .fetch_optional(connection)
        .await?;
        Ok(changed.map(|Stored(account)| account))
    }
}

/// An account as it lies in its row.
pub(super) struct Stored(pub(super) Account);

impl FromRow<'_, SqliteRow> for Stored {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        account(row).map(Self)
    }
}

fn account(row: &SqliteRow) -> sqlx::Result<Account> {
    Ok(Account {
        id: AccountId::new(row.try_get("id")?),
        username: parsed(row, "username")?,
        email: parsed(row, "email")?,
        bio: optional(row, "bio")?,
        is_staff: row.try_get("is_staff")?,
        created_at: instant(row, "created_at")?,
    })
}
