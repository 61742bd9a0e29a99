//! What goes on at a time in one process, and ends together.

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::program::Failure;
use crate::wiring::StoreWriter;

/// What goes on in one process.
pub(super) struct Parts {
    stop: CancellationToken,
    running: JoinSet<&'static str>,
}

/// A part of the program ended although nobody stopped it.
#[derive(Debug, thiserror::Error)]
#[error("{0} ended unexpectedly; the log says why")]
struct Ended(&'static str);

impl Parts {
    pub(super) fn new(stop: CancellationToken) -> Self {
        Self {
            stop,
            running: JoinSet::new(),
        }
    }

    pub(super) fn add<F>(&mut self, name: &'static str, part: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let part = part(self.stop.clone());
        self.running.spawn(async move {
            part.await;
            name
        });
    }

    /// As [`run_all`](Self::run_all), with a writer, which ends last.
    pub(super) async fn run(mut self, writer: StoreWriter) -> Result<(), Failure> {
        let (no_more_writes, written) = (CancellationToken::new(), CancellationToken::new());
        // Dropped even by a panic, or nobody would learn that nothing is stored any more.
        let guard = written.clone().drop_guard();
        let end = no_more_writes.clone();
        let writing = tokio::spawn(async move {
            let _guard = guard;
            writer.run(end).await;
        });
        self.add("the writer of the store", |stop| async move {
            stop.run_until_cancelled(written.cancelled()).await;
        });
        let ended = self.run_all().await;
        no_more_writes.cancel();
        writing.await?;
        ended
    }

    /// Runs until the stop, or until one part ends before it; then ends them all.
    pub(super) async fn run_all(mut self) -> Result<(), Failure> {
        let mut failure = None;
        while let Some(ended) = self.running.join_next().await {
            if !self.stop.is_cancelled() {
                failure = Some(Ended(ended.unwrap_or("a part of the program")));
                self.stop.cancel();
            }
        }
        failure.map_or(Ok(()), |ended| Err(ended.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use adapters::clock::SystemClock;
    use adapters::sqlite::SqliteStore;

    use super::*;

    #[tokio::test]
    async fn a_program_whose_writer_ends_before_the_stop_ends_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        let opened = SqliteStore::open(&path, Arc::new(SystemClock)).await;
        let (store, writer) = opened.expect("a new store");
        let mut parts = Parts::new(CancellationToken::new());
        parts.add("patience", |stop| async move { stop.cancelled().await });

        // A writer that nobody can write to any more has nothing to do.
        drop(store);

        let ended = parts
            .run(StoreWriter::Sqlite(writer))
            .await
            .map_err(|failure| failure.to_string());
        let words = "the writer of the store ended unexpectedly; the log says why";
        assert_eq!(ended, Err(words.to_owned()));
    }
}
