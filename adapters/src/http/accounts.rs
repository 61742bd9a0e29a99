//! Registering, logging in and out, and one's own account.

use domain::model::{Account, AccountEdit, AccountId, Bio};
use domain::ports::{AddAccountError, EditAccountError};
use domain::use_cases::{
    EditOwnAccountError, LogIn, LogInError, LoggedIn, RegisterAccount, RegisterAccountError,
};
use serde::Serialize;
use uuid::Uuid;
use warp::reply::Response;

use super::api::Api;
use super::json::{any_text, object, text};
use super::problem::{Errors, Problem};
use super::request::Request;
use super::{auth, reply};

const USERNAME_TAKEN: &str = "An account with this username already exists.";
const EMAIL_TAKEN: &str = "An account with this e-mail address already exists.";

#[derive(Serialize)]
struct AccountBody<'a> {
    id: AccountId,
    username: &'a str,
    email: &'a str,
    bio: Option<&'a str>,
    is_staff: bool,
    created_at: String,
}

#[derive(Serialize)]
struct LoggedInBody<'a> {
    user: AccountBody<'a>,
    token: &'a str,
    expiry: String,
}

/// `POST /authentication/register/`
pub(super) async fn register(api: &Api, request: Request) -> Result<Response, Problem> {
    let body = request.json().await?;
    let new = object(&body, |fields| {
        let username = fields.required("username", text);
        let email = fields.required("email", text);
        let password = fields.required("password", text);
        let bio = fields.optional("bio", text);
        Ok(RegisterAccount {
            id: AccountId::new(Uuid::now_v7()),
            username: username?,
            email: email?,
            password: password?,
            bio: bio?,
        })
    })?;
    let logged_in = api.register.run(new).await?;
    let location = format!("{}/users/{}/", api.public_url, logged_in.account.id);
    Ok(reply::created(&location, &LoggedInBody::of(&logged_in)))
}

/// `POST /authentication/login/`
pub(super) async fn log_in(api: &Api, request: Request) -> Result<Response, Problem> {
    let address = request.address;
    let body = request.json().await?;
    let attempt = object(&body, |fields| {
        let username = fields.required("username", any_text);
        let password = fields.required("password", any_text);
        Ok(LogIn {
            username: username?,
            password: password?,
            address,
        })
    })?;
    let logged_in = api.log_in.run(attempt).await?;
    Ok(reply::ok(&LoggedInBody::of(&logged_in)))
}

/// `POST /authentication/logout/`
pub(super) async fn log_out(api: &Api, request: &Request) -> Result<Response, Problem> {
    auth::caller(api, request).await?;
    if let Some(token) = auth::token(&request.headers)? {
        api.log_out.here(token).await?;
    }
    Ok(reply::no_content())
}

/// `POST /authentication/logoutall/`
pub(super) async fn log_out_everywhere(api: &Api, request: &Request) -> Result<Response, Problem> {
    let caller = auth::caller(api, request).await?;
    api.log_out.everywhere(caller.account.id).await?;
    Ok(reply::no_content())
}

/// `GET /users/{id}/`
pub(super) async fn show(api: &Api, request: &Request, id: AccountId) -> Result<Response, Problem> {
    let caller = auth::caller(api, request).await?;
    let account = api.own_account.show(&caller, id)?;
    Ok(reply::ok(&AccountBody::of(&account)))
}

/// `PATCH /users/{id}/`
pub(super) async fn edit(api: &Api, request: Request, id: AccountId) -> Result<Response, Problem> {
    let caller = auth::caller(api, &request).await?;
    api.own_account.show(&caller, id)?;
    let body = request.json().await?;
    let edit = object(&body, |fields| {
        let username = fields.changed("username", text);
        let email = fields.changed("email", text);
        let bio = fields.clearable("bio", text);
        Ok(AccountEdit {
            username: username?,
            email: email?,
            bio: bio?,
        })
    })?;
    let account = api.own_account.edit(&caller, id, &edit).await?;
    Ok(reply::ok(&AccountBody::of(&account)))
}

impl<'a> AccountBody<'a> {
    fn of(account: &'a Account) -> Self {
        Self {
            id: account.id,
            username: account.username.as_str(),
            email: account.email.as_str(),
            bio: account.bio.as_ref().map(Bio::as_str),
            is_staff: account.is_staff,
            created_at: reply::instant(account.created_at),
        }
    }
}

impl<'a> LoggedInBody<'a> {
    fn of(logged_in: &'a LoggedIn) -> Self {
        Self {
            user: AccountBody::of(&logged_in.account),
            token: logged_in.granted.token.reveal(),
            expiry: reply::instant(logged_in.granted.expires_at),
        }
    }
}

impl From<RegisterAccountError> for Problem {
    fn from(error: RegisterAccountError) -> Self {
        match error {
            RegisterAccountError::PasswordIsName => {
                let mut errors = Errors::default();
                let sentence = "This field may not be the username or the e-mail address.";
                errors.say("password", sentence);
                Self::invalid(errors)
            }
            RegisterAccountError::Add(AddAccountError::UsernameTaken) => {
                Self::conflict("username", USERNAME_TAKEN)
            }
            RegisterAccountError::Add(AddAccountError::EmailTaken) => {
                Self::conflict("email", EMAIL_TAKEN)
            }
            RegisterAccountError::Add(AddAccountError::Port(error))
            | RegisterAccountError::Hash(error) => error.into(),
        }
    }
}

impl From<LogInError> for Problem {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::WrongCredentials => {
                Self::unauthorized("Unable to log in with provided credentials.")
            }
            LogInError::TooManyAttempts(too_many) => Self::throttled(too_many.retry_after),
            LogInError::Port(error) => error.into(),
        }
    }
}

impl From<EditOwnAccountError> for Problem {
    fn from(error: EditOwnAccountError) -> Self {
        match error {
            EditOwnAccountError::NotYours => Self::not_yours(),
            EditOwnAccountError::Edit(EditAccountError::UsernameTaken) => {
                Self::conflict("username", USERNAME_TAKEN)
            }
            EditOwnAccountError::Edit(EditAccountError::EmailTaken) => {
                Self::conflict("email", EMAIL_TAKEN)
            }
            EditOwnAccountError::Edit(EditAccountError::Port(error)) => error.into(),
        }
    }
}
