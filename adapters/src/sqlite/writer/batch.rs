//! Stores a batch with one commit, or finds another way when somebody fails.

use sqlx::sqlite::SqliteConnection;

use super::Request;
use crate::sqlite::error::StoreError;

type Verdict = Result<(), StoreError>;

/// Why nothing of a batch is stored.
enum Unstored {
    /// The commit failed or could not begin.
    All(StoreError),
    /// One of the writes failed, and all of them were taken back.
    Torn(StoreError),
}

/// Stores a batch and answers; returns what the answers leave to do.
///
/// As a rule nobody fails, so at first no savepoints are set: they cost as much as the writes.
pub(super) async fn store(
    connection: &mut SqliteConnection,
    mut batch: Vec<Box<dyn Request>>,
) -> Vec<Box<dyn Request>> {
    let verdicts = match together(connection, &mut batch, Each::Unguarded).await {
        Ok(verdicts) => verdicts,
        Err(Unstored::All(error)) => vec![Err(error); batch.len()],
        Err(Unstored::Torn(error)) if batch.len() == 1 => vec![Err(error)],
        Err(Unstored::Torn(_)) => each_guarded(connection, &mut batch).await,
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

/// Stores a batch of which somebody fails: one commit, unless `SQLite` takes back all of it
/// because of one, as it does when the disk is full; then a commit each.
async fn each_guarded(
    connection: &mut SqliteConnection,
    batch: &mut [Box<dyn Request>],
) -> Vec<Verdict> {
    match together(connection, batch, Each::Guarded).await {
        Ok(verdicts) => return verdicts,
        Err(Unstored::All(error)) => return vec![Err(error); batch.len()],
        Err(Unstored::Torn(_)) => {}
    }
    let mut verdicts = Vec::with_capacity(batch.len());
    for request in batch.chunks_mut(1) {
        verdicts.push(match together(connection, request, Each::Unguarded).await {
            Ok(_) => Ok(()),
            Err(Unstored::All(error) | Unstored::Torn(error)) => Err(error),
        });
    }
    verdicts
}

/// Whether each write of a batch runs in a savepoint of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Each {
    /// Who fails leaves no trace and hinders nobody.
    Guarded,
    /// Who fails tears the batch.
    Unguarded,
}

/// Stores a batch with one commit.
async fn together(
    connection: &mut SqliteConnection,
    batch: &mut [Box<dyn Request>],
    each: Each,
) -> Result<Vec<Verdict>, Unstored> {
    let stored = committed(connection, batch, each).await;
    if stored.is_err() {
        // Fails when there is nothing to roll back, which is as good.
        let _ = execute(connection, "ROLLBACK").await;
    }
    stored
}

async fn committed(
    connection: &mut SqliteConnection,
    batch: &mut [Box<dyn Request>],
    each: Each,
) -> Result<Vec<Verdict>, Unstored> {
    execute(connection, "BEGIN IMMEDIATE")
        .await
        .map_err(Unstored::All)?;
    let mut verdicts = Vec::with_capacity(batch.len());
    for request in batch {
        verdicts.push(match each {
            Each::Guarded => guarded(connection, request.as_mut()).await,
            Each::Unguarded => run(connection, request.as_mut()).await.map(Ok),
        }?);
    }
    execute(connection, "COMMIT").await.map_err(Unstored::All)?;
    Ok(verdicts)
}

async fn guarded(
    connection: &mut SqliteConnection,
    request: &mut dyn Request,
) -> Result<Verdict, Unstored> {
    execute(connection, "SAVEPOINT request")
        .await
        .map_err(Unstored::Torn)?;
    let verdict = request.run(connection).await;
    if verdict.is_err() {
        execute(connection, "ROLLBACK TO request")
            .await
            .map_err(Unstored::Torn)?;
    }
    execute(connection, "RELEASE request")
        .await
        .map_err(Unstored::Torn)?;
    Ok(verdict.map_err(StoreError::from))
}

async fn run(connection: &mut SqliteConnection, request: &mut dyn Request) -> Result<(), Unstored> {
    let ran = request.run(connection).await;
    ran.map_err(|error| Unstored::Torn(error.into()))
}

async fn execute(
    connection: &mut SqliteConnection,
    statement: &'static str,
) -> Result<(), StoreError> {
    sqlx::query(statement).execute(connection).await?;
    Ok(())
}
