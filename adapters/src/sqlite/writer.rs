//! One connection writes: all who wait at the same moment share one commit, each with a
//! verdict of its own.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::error::StoreError;

/// How many writes share a commit at most. No more than these wait, so that whoever is
/// let in is stored with the next commit but one at the latest.
const MOST_AT_ONCE: usize = 512;
/// How long somebody waits to be let in before the store counts as overloaded.
const LET_IN_WITHIN: Duration = Duration::from_millis(80);

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
    requests: mpsc::Receiver<Box<dyn Request>>,
}

pub(super) fn new(connection: SqliteConnection) -> (Writes, SqliteWriter) {
    let (sender, requests) = mpsc::channel(MOST_AT_ONCE);
    let writer = SqliteWriter {
        connection,
        requests,
    };
    (Writes(sender), writer)
}

impl Writes {
    /// Answers once `write` is committed, or surely not.
    ///
    /// Who stops waiting changes nothing: the write happens or not as if they had waited.
    pub(super) async fn send<W: Write>(&self, write: W) -> Result<W::Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let pending = Pending {
            write,
            answer: None,
            reply,
        };
        let place = timeout(LET_IN_WITHIN, self.0.reserve())
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
                batch = store(&mut self.connection, batch).await;
            }
        }
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

type Verdict = Result<(), StoreError>;

/// Why nothing of a batch is stored.
enum Unstored {
    /// The commit failed or could not begin, or there was but one write and it failed.
    All(StoreError),
    /// One of the writes failed in such a way that `SQLite` took all of them back.
    Torn,
}

impl From<sqlx::Error> for Unstored {
    fn from(error: sqlx::Error) -> Self {
        Self::All(error.into())
    }
}

/// Stores a batch and answers; returns what the answers leave to do.
async fn store(
    connection: &mut SqliteConnection,
    mut batch: Vec<Box<dyn Request>>,
) -> Vec<Box<dyn Request>> {
    let verdicts = match together(connection, &mut batch).await {
        Ok(verdicts) => verdicts,
        Err(Unstored::All(error)) => vec![Err(error); batch.len()],
        Err(Unstored::Torn) => one_by_one(connection, &mut batch).await,
    };
    let mut left = Vec::new();
    for (request, verdict) in batch.into_iter().zip(verdicts) {
        match verdict {
            Ok(()) => left.extend(request.succeeded()),
            Err(error) => request.failed(error),
        }
    }
    left
}

async fn one_by_one(
    connection: &mut SqliteConnection,
    batch: &mut [Box<dyn Request>],
) -> Vec<Verdict> {
    let mut verdicts = Vec::with_capacity(batch.len());
    for request in batch.chunks_mut(1) {
        verdicts.push(match together(connection, request).await {
            Ok(_) => Ok(()),
            Err(Unstored::All(error)) => Err(error),
            Err(Unstored::Torn) => unreachable!("a batch of one is not torn"),
        });
    }
    verdicts
}

/// Stores a batch with one commit; whoever fails leaves no trace and hinders nobody.
async fn together(
    connection: &mut SqliteConnection,
    batch: &mut [Box<dyn Request>],
) -> Result<Vec<Verdict>, Unstored> {
    let stored = committed(connection, batch).await;
    if stored.is_err() {
        // Fails when there is nothing to roll back, which is as good.
        let _ = execute(connection, "ROLLBACK").await;
    }
    stored
}

async fn committed(
    connection: &mut SqliteConnection,
    batch: &mut [Box<dyn Request>],
) -> Result<Vec<Verdict>, Unstored> {
    execute(connection, "BEGIN IMMEDIATE").await?;
    let verdicts = if let [only] = batch {
        only.run(connection).await?;
        vec![Ok(())]
    } else {
        side_by_side(connection, batch).await?
    };
    execute(connection, "COMMIT").await?;
    Ok(verdicts)
}

async fn side_by_side(
    connection: &mut SqliteConnection,
    batch: &mut [Box<dyn Request>],
) -> Result<Vec<Verdict>, Unstored> {
    let mut verdicts = Vec::with_capacity(batch.len());
    execute(connection, "SAVEPOINT request").await?;
    for request in batch {
        let verdict = request.run(connection).await;
        if verdict.is_err() {
            execute(connection, "ROLLBACK TO request")
                .await
                .map_err(|_| Unstored::Torn)?;
        }
        execute(connection, "RELEASE request; SAVEPOINT request").await?;
        verdicts.push(verdict.map_err(StoreError::from));
    }
    Ok(verdicts)
}

async fn execute(connection: &mut SqliteConnection, statement: &'static str) -> sqlx::Result<()> {
    sqlx::query(statement).execute(connection).await?;
    Ok(())
}
