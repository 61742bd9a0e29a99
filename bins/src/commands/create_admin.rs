//! Registers an account that sees and edits everything.

use std::io::{self, IsTerminal};

use domain::model::{AccountId, EmailAddress, Password, Username, ValueError};
use domain::use_cases::RegisterAccount;
use uuid::Uuid;

use super::beside;
use crate::arguments::NewAdmin;
use crate::output::tell;
use crate::program::Failure;
use crate::settings::Settings;
use crate::wiring::Platform;

/// A value that was given is not what it must be.
#[derive(Debug, thiserror::Error)]
#[error("the {what} {why}")]
struct Refused {
    what: &'static str,
    why: ValueError,
}

/// Registers the admin; the password is asked for, or read from standard input when that
/// is no terminal.
///
/// # Errors
///
/// When a value is refused, the name or address is taken, or the database cannot be used.
pub async fn create_admin(settings: Settings, admin: NewAdmin) -> Result<(), Failure> {
    let refused = |what| move |why| Refused { what, why };
    let request = RegisterAccount {
        id: AccountId::new(Uuid::now_v7()),
        username: Username::try_from(admin.username).map_err(refused("username"))?,
        email: EmailAddress::try_from(admin.email).map_err(refused("e-mail address"))?,
        password: Password::try_from(asked_for_password()?).map_err(refused("password"))?,
        bio: None,
    };
    let (platform, writer) = Platform::open(settings).await?;
    let registrar = platform.registrar()?;
    let account = beside(writer, registrar.staff(request)).await?;
    tell(&format!(
        "{} may now see and edit everything",
        account.username
    ));
    Ok(())
}

fn asked_for_password() -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let password = rpassword::prompt_password("Password: ")?;
    if rpassword::prompt_password("Password, again: ")? == password {
        Ok(password)
    } else {
        Err("the two passwords differ; nothing was stored".into())
    }
}
