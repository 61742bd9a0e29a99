//! Tells those who wait, here and in other processes, that there is something to do.
//!
//! The bell saves time and promises nothing: whoever waits looks again anyway.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{sleep, timeout};

use super::error::StoreError;
use super::pool::{ANSWERED_WITHIN, Pool, in_time};

const CHANNEL: &str = "backbeat_tasks";
/// How often others are told at most: one look finds what came meanwhile.
const BETWEEN_RINGS: Duration = Duration::from_millis(5);
/// How often a silent line is tried out.
const TRIED_EVERY: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The bell of one process.
#[derive(Default)]
pub(super) struct Doorbell {
    here: Notify,
    elsewhere: Notify,
}

impl Doorbell {
    /// Says that something may be due now. Rung after the commit, not in it: a notification
    /// in a transaction makes all such transactions of the server wait for one another.
    pub(super) fn ring(&self) {
        self.here.notify_waiters();
        self.elsewhere.notify_one();
    }

    /// Ends at the next ring, here or elsewhere.
    pub(super) fn rung(&self) -> Notified<'_> {
        self.here.notified()
    }
}

/// Carries rings from process to process, for as long as its future runs.
pub(super) struct Line {
    bell: Arc<Doorbell>,
    speaker: Pool,
}

impl Line {
    /// A line for `bell`; `speaker` is to do nothing else.
    pub(super) fn new(bell: Arc<Doorbell>, speaker: Pool) -> Self {
        Self { bell, speaker }
    }

    pub(super) async fn run(self) -> Infallible {
        tokio::select! {
            never = self.tell() => never,
            never = self.listen() => never,
        }
    }

    async fn tell(&self) -> Infallible {
        loop {
            self.bell.elsewhere.notified().await;
            let told = self.speaker.all(|| sqlx::query("NOTIFY backbeat_tasks"));
            if let Err(error) = told.await {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "other processes could not be told of new tasks"
                );
            }
            sleep(BETWEEN_RINGS).await;
        }
    }

    async fn listen(&self) -> Infallible {
        let mut pause = FIRST_PAUSE;
        loop {
            if let Ok(listener) = self.connected().await {
                pause = FIRST_PAUSE;
                // What was said before this moment was not heard.
                self.bell.here.notify_waiters();
                let error = self.hear(listener).await;
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "the line to other processes was lost"
                );
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn connected(&self) -> Result<PgListener, StoreError> {
        let own = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ANSWERED_WITHIN)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(self.speaker.options().clone());
        let mut listener = in_time(PgListener::connect_with(&own)).await?;
        listener.eager_reconnect(false);
        in_time(listener.listen(CHANNEL)).await?;
        Ok(listener)
    }

    /// Rings here for each ring elsewhere; returns why it cannot any more.
    async fn hear(&self, mut listener: PgListener) -> StoreError {
        loop {
            match timeout(TRIED_EVERY, listener.try_recv()).await {
                Ok(Ok(Some(_))) => self.bell.here.notify_waiters(),
                Ok(Ok(None)) => return StoreError::Silent,
                Ok(Err(error)) => return error.into(),
                Err(_) => {
                    let tried = sqlx::query("SELECT 1").execute(&mut listener);
                    if let Err(error) = in_time(tried).await {
                        return error;
                    }
                }
            }
        }
    }
}
