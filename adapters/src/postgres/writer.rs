//! Albums are added by one connection: all that wait at the same moment share one commit,
//! each with a verdict of its own. Beside it goes the line to the other processes.

mod batch;
mod columns;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ports::{AddAlbumError, Added, NewAlbum};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::doorbell::{Doorbell, Line};
use super::error::StoreError;
use super::pool::Pool;
use super::tasks::NewTask;

/// How many albums share a commit at most. No more than these wait, so that whoever is
/// let in is stored with the next commit but one at the latest.
const MOST_AT_ONCE: usize = 512;
/// How long somebody waits to be let in before the store counts as overloaded.
const LET_IN_WITHIN: Duration = Duration::from_millis(80);

/// An album to be added, and when that was asked for.
pub(super) struct Add {
    pub(super) new: NewAlbum,
    pub(super) follow_up: NewTask,
    pub(super) now: DateTime<Utc>,
}

/// What came of it: stored or refused. When the store fails nobody knows.
pub(super) type Verdict = Result<Added, AddAlbumError>;

struct Request {
    add: Add,
    reply: oneshot::Sender<Result<Verdict, StoreError>>,
}

/// The way to the writer.
#[derive(Clone)]
pub(super) struct Adds(mpsc::Sender<Request>);

/// Adds albums and carries the doorbell, for as long as its future runs.
pub struct PostgresWriter {
    pool: Pool,
    requests: mpsc::Receiver<Request>,
    line: Line,
}

pub(super) fn new(pool: &Pool, bell: &Arc<Doorbell>) -> (Adds, PostgresWriter) {
    let (sender, requests) = mpsc::channel(MOST_AT_ONCE);
    let writer = PostgresWriter {
        pool: pool.beside(1),
        requests,
        line: Line::new(Arc::clone(bell), pool.beside(1)),
    };
    (Adds(sender), writer)
}

impl Adds {
    /// Answers once the album is committed, or surely not; when the store fails midway
    /// nobody knows. Who stops waiting changes nothing.
    pub(super) async fn send(&self, add: Add) -> Result<Verdict, StoreError> {
        let (reply, answer) = oneshot::channel();
        let place = timeout(LET_IN_WITHIN, self.0.reserve())
            .await
            .map_err(|_| StoreError::Overloaded)?
            .map_err(|_| StoreError::Stopped)?;
        place.send(Request { add, reply });
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    /// Whether there is a writer to write.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.0.is_closed() {
            return Err(StoreError::Stopped);
        }
        Ok(())
    }
}

impl PostgresWriter {
    /// Writes until `stop`, then what is waiting at that moment, and returns.
    ///
    /// Returns as well when no store is left to write to.
    pub async fn run(self, stop: CancellationToken) {
        let Self {
            pool,
            requests,
            line,
        } = self;
        // On the heap, or whoever runs this carries all of it about.
        tokio::select! {
            () = Box::pin(write(pool, requests, stop)) => {}
            never = Box::pin(line.run()) => match never {},
        }
    }
}

async fn write(pool: Pool, mut requests: mpsc::Receiver<Request>, stop: CancellationToken) {
    let mut batch = Vec::new();
    loop {
        let next = requests.recv_many(&mut batch, MOST_AT_ONCE);
        let came = if let Some(came) = stop.run_until_cancelled(next).await {
            came
        } else {
            requests.close();
            requests.recv_many(&mut batch, MOST_AT_ONCE).await
        };
        if came == 0 {
            return;
        }
        while !batch.is_empty() {
            batch = store(&pool, batch).await;
        }
    }
}

/// Stores a batch and answers; returns those that have to wait for the next.
async fn store(pool: &Pool, batch: Vec<Request>) -> Vec<Request> {
    let (batch, later) = batch::apart(batch, |request| &request.add);
    let (adds, replies): (Vec<_>, Vec<_>) = batch
        .into_iter()
        .map(|request| (request.add, request.reply))
        .unzip();
    let verdicts = batch::store(pool, &adds).await;
    for (reply, verdict) in replies.into_iter().zip(verdicts) {
        // Nobody may be waiting any more; then nobody needs to know.
        let _ = reply.send(verdict);
    }
    later
}
