//! Tells the whole story, as it happens, through the real HTTP API.

mod client;
mod mailbox;
mod story;

use std::sync::Arc;

use adapters::clock::ForwardedClock;
use adapters::http::server;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use self::client::Client;
use self::mailbox::Mailbox;
use self::story::Story;
use crate::program::Failure;
use crate::roles::embedded;
use crate::settings::{Database, MailTo, Settings};
use crate::wiring::Platform;

/// Runs everything on a temporary directory and plays an artist's first two months.
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
    let platform = embedded(
        settings.clone(),
        clock.clone(),
        listener,
        stop.clone(),
        |_, _| {
            // Nobody waits any more when the story has ended already.
            let _ = started.send(());
        },
    );
    let story = async {
        is_started.await?;
        let (platform, _) = Platform::open_at(settings, clock.clone()).await?;
        let story = Story {
            client,
            mailbox: Mailbox::new(mails),
            clock,
            platform,
        };
        let told = tokio::select! {
            told = story.tell() => told,
            () = stop.cancelled() => Err("stopped before the end".into()),
        };
        stop.cancel();
        told
    };
    let (platform, story) = tokio::join!(platform, story);
    platform.and(story)
}
