//! What happens to an artist in her first two months.

use std::sync::Arc;
use std::time::Duration;

use adapters::clock::ForwardedClock;
use chrono::{DateTime, TimeDelta, Utc};
use domain::ports::{Clock as _, TaskState};
use domain::tasks::Task as _;
use domain::use_cases::CheckInactiveArtists;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::client::Client;
use super::mailbox::{Mailbox, show, unsubscribing};
use crate::output::tell;
use crate::program::Failure;
use crate::wiring::Platform;

/// How long a look for quiet artists may take.
const PATIENCE: Duration = Duration::from_secs(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// The story, and all that it is told with.
pub(super) struct Story {
    pub(super) client: Client,
    pub(super) mailbox: Mailbox,
    pub(super) clock: Arc<ForwardedClock>,
    /// The platform that the story is about, to look into.
    pub(super) platform: Platform,
}

impl Story {
    /// Tells it, and insists on every step.
    pub(super) async fn tell(&self) -> Result<(), Failure> {
        tell("Backbeat runs in a temporary directory. Ada signs up:\n");
        let token = self.sign_up().await?;
        self.publish(&token).await?;
        self.fall_silent().await?;
        self.unsubscribe().await?;
        tell("That was the whole story. `cargo run` starts the platform for real.");
        Ok(())
    }

    async fn sign_up(&self) -> Result<String, Failure> {
        let ada = json!({"username": "ada", "email": "ada@example.com", "password": "correct horse battery"});
        let path = "/authentication/register/";
        let registered = self.told("POST", path, None, Some(ada), 201).await?;
        let token = text(&registered, "token")?.to_owned();

        tell("She becomes an artist:\n");
        let artist =
            json!({"stage_name": "Ada & the Engines", "social_link": "https://example.com/ada"});
        self.told("POST", "/artists/", Some(&token), Some(artist), 201)
            .await?;
        Ok(token)
    }

    async fn publish(&self, token: &str) -> Result<(), Failure> {
        tell("She publishes an album, and is answered at once:\n");
        let album = json!({"name": "Notes on Bernoulli", "cost": "9.99"});
        let published = Instant::now();
        let album = self
            .told("POST", "/albums/", Some(token), Some(album), 201)
            .await?;

        tell("A worker has been handed the rest. The mail:\n");
        let mail = self.mailbox.first("congratulation").await?;
        let waited = published.elapsed().as_millis();
        show(&mail)?;
        tell(&format!(
            "It lay in the mail folder {waited} ms after she had published.\n"
        ));

        tell("She sees her album; the public will when it is approved:\n");
        let path = format!("/albums/{}/", text(&album, "id")?);
        self.told("GET", &path, Some(token), None, 200).await?;
        self.told("GET", &path, None, None, 404).await?;
        Ok(())
    }

    async fn fall_silent(&self) -> Result<(), Failure> {
        tell("Then she is silent. The calendar is set forward by 31 days, and beat fires what");
        tell("is due every 24 hours: a look for artists who have published nothing in the last");
        tell("30 days. A worker finds her, and the reminder arrives:\n");
        self.clock.forward(TimeDelta::days(31));
        show(&self.mailbox.first("reminder").await?)
    }

    async fn unsubscribe(&self) -> Result<(), Failure> {
        tell("She has had enough, and clicks “unsubscribe” in her mail program:\n");
        let path = unsubscribing(&self.mailbox.first("reminder").await?)?;
        self.told("POST", &path, None, None, 200).await?;

        let jumped = self.clock.now();
        self.clock.forward(TimeDelta::days(31));
        self.until_looked_after(jumped).await?;
        let reminders = self.mailbox.count("reminder")?;
        if reminders != 1 {
            return Err(format!("there are {reminders} reminders and not one").into());
        }
        tell("Another 31 days pass. Beat fires, a worker looks, and nobody is reminded.\n");
        Ok(())
    }

    /// Waits until quiet artists have been looked for after `instant`, and whoever was found
    /// has been seen to.
    async fn until_looked_after(&self, instant: DateTime<Utc>) -> Result<(), Failure> {
        let tasks = self.platform.task_admin();
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let done = tasks.list(TaskState::Done, 10).await?;
            let is_look = |name: &str| name == CheckInactiveArtists::NAME;
            let has_looked = done.iter().any(|task| {
                is_look(task.name.as_str()) && task.ended_at.is_some_and(|end| instant < end)
            });
            let counts = tasks.counts().await?;
            if has_looked && counts.iter().all(|it| it.waiting + it.running == 0) {
                return Ok(());
            }
            sleep(BETWEEN_LOOKS).await;
        }
        Err("nobody looked for quiet artists".into())
    }

    /// Sends a request, shows it and its answer, and insists on the status.
    async fn told(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
        status: u16,
    ) -> Result<Value, Failure> {
        let shown = body.as_ref().map(|body| without_secrets(body.clone()));
        let shown = shown.map(|body| body.to_string()).unwrap_or_default();
        tell(format!("  {method} {path} {shown}").trim_end());
        let answer = self.client.send(method, path, token, body).await?;
        let body = without_secrets(answer.body.clone());
        tell(&format!("  {} {body}\n", answer.status));
        if answer.status == status {
            Ok(answer.body)
        } else {
            let came = answer.status;
            Err(format!("{method} {path} was answered {came} and not {status}").into())
        }
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
