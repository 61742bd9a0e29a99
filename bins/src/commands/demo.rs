//! Tells the whole story, as it happens, through the real HTTP API.

mod client;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use adapters::clock::ForwardedClock;
use adapters::http::server;
use mail_parser::MessageParser;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::client::Client;
use crate::output::tell;
use crate::program::Failure;
use crate::roles::embedded;
use crate::settings::{Database, MailTo, Settings};

/// How long the mail may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs everything on a temporary directory and plays an artist's first day.
///
/// # Errors
///
/// When any step does not go as it should.
pub async fn demo(settings: Settings, stop: CancellationToken) -> Result<(), Failure> {
    let folder = TempDir::with_prefix("backbeat-demo-")?;
    let mails = folder.path().join("mail");
    let mut settings = settings;
    folder.path().clone_into(&mut settings.data_dir);
    settings.database = Database::Sqlite(folder.path().join("backbeat.sqlite3"));
    settings.mail.to = MailTo::Files(mails.clone());
    settings.api.bind.set_port(0);
    let listener = server::bind(settings.api.bind).await?;
    let client = Client::new(listener.local_addr()?);
    let (started, is_started) = oneshot::channel();
    let clock = Arc::new(ForwardedClock::default());
    let platform = embedded(settings, clock.clone(), listener, stop.clone(), |_, _| {
        // Nobody waits any more when the story has ended already.
        let _ = started.send(());
    });
    let story = async {
        is_started.await?;
        let told = tokio::select! {
            told = story(&client, &mails) => told,
            () = stop.cancelled() => Err("stopped before the end".into()),
        };
        stop.cancel();
        told
    };
    let (platform, story) = tokio::join!(platform, story);
    platform.and(story)
}

async fn story(client: &Client, mails: &Path) -> Result<(), Failure> {
    tell("Backbeat runs in a temporary directory. Ada signs up:\n");
    let ada =
        json!({"username": "ada", "email": "ada@example.com", "password": "correct horse battery"});
    let registered = told(
        client,
        "POST",
        "/authentication/register/",
        None,
        Some(ada),
        201,
    )
    .await?;
    let token = text(&registered, "token")?;

    tell("She becomes an artist:\n");
    let artist =
        json!({"stage_name": "Ada & the Engines", "social_link": "https://example.com/ada"});
    told(client, "POST", "/artists/", Some(token), Some(artist), 201).await?;

    tell("She publishes an album, and is answered at once:\n");
    let album = json!({"name": "Notes on Bernoulli", "cost": "9.99"});
    let published = Instant::now();
    let album = told(client, "POST", "/albums/", Some(token), Some(album), 201).await?;

    tell("A worker has been handed the rest. The mail:\n");
    let mail = arrived(mails).await?;
    let waited = published.elapsed().as_millis();
    show(&mail)?;
    tell(&format!(
        "It lay in the mail folder {waited} ms after she had published.\n"
    ));

    tell("She sees her album; the public will when it is approved:\n");
    let path = format!("/albums/{}/", text(&album, "id")?);
    told(client, "GET", &path, Some(token), None, 200).await?;
    told(client, "GET", &path, None, None, 404).await?;
    tell("That was the whole story. `cargo run` starts the platform for real.");
    Ok(())
}

/// Sends a request, shows it and its answer, and insists on the status.
async fn told(
    client: &Client,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<Value>,
    status: u16,
) -> Result<Value, Failure> {
    let shown = body.as_ref().map(|body| without_secrets(body.clone()));
    tell(&format!(
        "  {method} {path} {}",
        shown.map(|body| body.to_string()).unwrap_or_default()
    ));
    let answer = client.send(method, path, token, body).await?;
    tell(&format!(
        "  {} {}\n",
        answer.status,
        without_secrets(answer.body.clone())
    ));
    if answer.status == status {
        Ok(answer.body)
    } else {
        Err(format!(
            "{method} {path} was answered {} and not {status}",
            answer.status
        )
        .into())
    }
}

/// What is shown on a screen may be seen by others.
fn without_secrets(mut value: Value) -> Value {
    for name in ["password", "token"] {
        if let Some(secret) = value.get_mut(name) {
            *secret = json!("…");
        }
    }
    value
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, Failure> {
    value
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("the answer has no {name}").into())
}

async fn arrived(mails: &Path) -> Result<Vec<u8>, Failure> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        for entry in mails.read_dir()? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "eml") {
                return Ok(std::fs::read(path)?);
            }
        }
        sleep(Duration::from_millis(10)).await;
    }
    Err(format!("no mail arrived within {} s", PATIENCE.as_secs()).into())
}

/// Shows a mail as its reader sees it.
fn show(bytes: &[u8]) -> Result<(), Failure> {
    let mail = MessageParser::default()
        .parse(bytes)
        .ok_or("the mail cannot be read")?;
    let person = |address: Option<&mail_parser::Address<'_>>| {
        let first = address.and_then(|address| address.first());
        first.map(|it| {
            format!(
                "{} <{}>",
                it.name().unwrap_or_default(),
                it.address().unwrap_or_default()
            )
        })
    };
    tell(&format!(
        "  From:    {}",
        person(mail.from()).ok_or("the mail has no sender")?
    ));
    tell(&format!(
        "  To:      {}",
        person(mail.to()).ok_or("the mail has no recipient")?
    ));
    tell(&format!(
        "  Subject: {}\n",
        mail.subject().ok_or("the mail has no subject")?
    ));
    let text = mail.body_text(0).ok_or("the mail has no text")?;
    for line in text.lines() {
        tell(format!("  {line}").trim_end());
    }
    tell("");
    Ok(())
}
