//! One connection writes: all who wait at the same moment share one commit, each with a
//! verdict of its own.

mod batch;

use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::error::StoreError;
use super::turnstile::Turnstile;

/// How many writes share a commit at most. No more than these wait, so that whoever is
/// let in is stored with the next commit but one at the latest.
const MOST_AT_ONCE: usize = 512;
/// How long somebody waits to be let in before the store counts as overloaded.
pub(super) const LET_IN_WITHIN: Duration = Duration::from_millis(80);

/// Something to be stored, all or nothing.
///
/// It may be run more than once, each time on what it finds: only the run that is
/// committed has happened.
#[async_trait]
pub(super) trait Write: Send + Sync + 'static {
    type Answer: Send + 'static;

    /// Runs the statements. An error undoes them all; nothing else may be awaited here.
    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<Self::Answer>;

    /// What to store next when `answer` was committed but nobody waits for it any more.
    fn undo(&self, _answer: Self::Answer) -> Option<Box<dyn Request>> {
        None
    }
}

/// The way to the writer.
#[derive(Clone)]
pub(super) struct Writes(mpsc::Sender<Box<dyn Request>>);

/// Writes to the store, for as long as its future runs.
pub struct SqliteWriter {
    connection: SqliteConnection,
    turnstile: Turnstile,
    requests: mpsc::Receiver<Box<dyn Request>>,
}

pub(super) fn new(connection: SqliteConnection, turnstile: Turnstile) -> (Writes, SqliteWriter) {
    let (sender, requests) = mpsc::channel(MOST_AT_ONCE);
    let writer = SqliteWriter {
        connection,
        turnstile,
        requests,
    };
    (Writes(sender), writer)
}

impl Writes {
    /// Answers once `write` is committed, or surely not; only when the writer is dropped in
    /// the midst of it nobody knows. Not let in within `patience`, it is refused.
    ///
    /// Who stops waiting changes nothing: the write happens or not as if they had waited.
    pub(super) async fn send<W: Write>(
        &self,
        write: W,
        patience: Duration,
    ) -> Result<W::Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let pending = Pending {
            write,
            answer: None,
            reply,
        };
        let place = timeout(patience, self.0.reserve())
            .await
            .map_err(|_| StoreError::Overloaded)?
            .map_err(|_| StoreError::Stopped)?;
        place.send(Box::new(pending));
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// How many writes wait to be taken.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.0.max_capacity() - self.0.capacity()
    }

    /// Whether there is a writer to write.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.0.is_closed() {
            return Err(StoreError::Stopped);
        }
        Ok(())
    }
}

impl SqliteWriter {
    /// Writes until `stop`, then what is waiting at that moment, and returns.
    ///
    /// Returns as well when no store is left to write to.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::new();
        loop {
            let next = self.requests.recv_many(&mut batch, MOST_AT_ONCE);
            let came = if let Some(came) = stop.run_until_cancelled(next).await {
                came
            } else {
                self.requests.close();
                self.requests.recv_many(&mut batch, MOST_AT_ONCE).await
            };
            if came == 0 {
                return;
            }
            while !batch.is_empty() {
                batch = self.store(batch).await;
            }
        }
    }
}

impl SqliteWriter {
    /// Stores a batch when it is this process's turn, with what has come in the meantime;
    /// returns what is left to do.
    async fn store(&mut self, mut batch: Vec<Box<dyn Request>>) -> Vec<Box<dyn Request>> {
        let turn = self.turnstile.wait().await;
        while batch.len() < MOST_AT_ONCE
            && let Ok(request) = self.requests.try_recv()
        {
            batch.push(request);
        }
        let _held_until_stored = match turn {
            Ok(turn) => turn,
            Err(error) => {
                let error = StoreError::from(error);
                for request in batch {
                    request.failed(error.clone());
                }
                return Vec::new();
            }
        };
        batch::store(&mut self.connection, batch).await
    }
}

/// A write whose kind is forgotten.
#[async_trait]
pub(super) trait Request: Send {
    async fn run(&mut self, connection: &mut SqliteConnection) -> sqlx::Result<()>;

    /// Gives the answer of the last run, which is committed now. What this leaves to do is returned.
    fn succeeded(self: Box<Self>) -> Option<Box<dyn Request>>;

    fn failed(self: Box<Self>, error: StoreError);
}

struct Pending<W: Write> {
    write: W,
    answer: Option<W::Answer>,
    reply: oneshot::Sender<Result<W::Answer, StoreError>>,
}

#[async_trait]
impl<W: Write> Request for Pending<W> {
    async fn run(&mut self, connection: &mut SqliteConnection) -> sqlx::Result<()> {
        self.answer = Some(self.write.run(connection).await?);
        Ok(())
    }

    fn succeeded(self: Box<Self>) -> Option<Box<dyn Request>> {
        let answer = self.answer?;
        match self.reply.send(Ok(answer)) {
            Err(Ok(answer)) => self.write.undo(answer),
            _ => None,
        }
    }

    fn failed(self: Box<Self>, error: StoreError) {
        // Nobody may be waiting any more; then nobody needs to know.
        let _ = self.reply.send(Err(error));
    }
}

/// A write whose answer interests nobody.
pub(super) fn unattended<W: Write>(write: W) -> Box<dyn Request> {
    let (reply, _) = oneshot::channel();
    Box::new(Pending {
        write,
        answer: None,
        reply,
    })
}
