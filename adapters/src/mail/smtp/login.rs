//! Logging in (RFC 4954), by whichever way the server offers.

use lettre::transport::smtp::authentication::{Credentials as Known, Mechanism};
use lettre::transport::smtp::commands::Auth;

use super::offers::Offers;
use super::reply::Reply;
use super::server::Credentials;
use super::session::expected;
use super::trouble::{Stage, Trouble};
use super::wire::Wire;

/// Logs in as `credentials` say.
pub(super) async fn log_in(
    wire: &mut Wire,
    offers: &Offers,
    credentials: &Credentials,
) -> Result<(), Trouble> {
    let plain = encoded(Mechanism::Plain, credentials, None)?;
    let name = encoded(Mechanism::Login, credentials, Some("Username:"))?;
    let password = encoded(Mechanism::Login, credentials, Some("Password:"))?;
    wire.keep_secret(credentials.password.reveal());
    for line in [&plain, &password] {
        wire.keep_secret(line.split_whitespace().last().unwrap_or_default());
    }
    let has_login = offers.has_login("LOGIN");
    let reply = if offers.has_login("PLAIN") {
        let reply = ask(wire, &plain, "AUTH PLAIN ****").await?;
        // 504: it was offered, but not meant.
        if reply.code == 504 && has_login {
            login(wire, [&name, &password]).await?
        } else {
            reply
        }
    } else if has_login {
        login(wire, [&name, &password]).await?
    } else {
        return Err(Trouble::failed(
            Stage::Login,
            "the server offers no way to log in that is known here (PLAIN, LOGIN)",
        ));
    };
    expected(Stage::Login, reply).map(drop)
}

/// The server asks for the name, then for the password; in which words differs.
async fn login(wire: &mut Wire, answers: [&str; 2]) -> Result<Reply, Trouble> {
    let mut reply = ask(wire, "AUTH LOGIN\r\n", "AUTH LOGIN").await?;
    for line in answers {
        if reply.code != 334 {
            break;
        }
        reply = ask(wire, line, "****").await?;
    }
    Ok(reply)
}

async fn ask(wire: &mut Wire, line: &str, shown: &str) -> Result<Reply, Trouble> {
    wire.say_secretly(line, shown);
    wire.hand_over(Stage::Login).await?;
    wire.reply(Stage::Login).await
}

fn encoded(
    mechanism: Mechanism,
    credentials: &Credentials,
    challenge: Option<&str>,
) -> Result<String, Trouble> {
    let known = Known::new(
        credentials.user.clone(),
        credentials.password.reveal().to_owned(),
    );
    let line = Auth::new(mechanism, known, challenge.map(str::to_owned));
    let line = line.map_err(|error| Trouble::failed(Stage::Login, error.to_string()))?;
    Ok(line.to_string())
}
