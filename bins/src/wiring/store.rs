//! The store, whichever it is.

use adapters::postgres::PostgresWriter;
use adapters::sqlite::SqliteWriter;
use domain::ports::{
    AccountRepo, AlbumRepo, ArtistRepo, Housekeeping, MailLog, MailPauses, Outbox, Readiness,
    ReminderRepo, ScheduleRepo, TaskQueue, TaskQueueAdmin, TokenRepo,
};
use tokio_util::sync::CancellationToken;

/// Every port of a store.
pub(crate) trait Store:
    AccountRepo
    + AlbumRepo
    + ArtistRepo
    + Housekeeping
    + MailLog
    + MailPauses
    + Outbox
    + Readiness
    + ReminderRepo
    + ScheduleRepo
    + TaskQueue
    + TaskQueueAdmin
    + TokenRepo
{
}

impl<S> Store for S where
    S: AccountRepo
        + AlbumRepo
        + ArtistRepo
        + Housekeeping
        + MailLog
        + MailPauses
        + Outbox
        + Readiness
        + ReminderRepo
        + ScheduleRepo
        + TaskQueue
        + TaskQueueAdmin
        + TokenRepo
{
}

/// What writes to the store, for as long as it runs.
pub(crate) enum StoreWriter {
    Sqlite(SqliteWriter),
    Postgres(Box<PostgresWriter>),
}

impl StoreWriter {
    /// Writes until `stop`, then what is waiting at that moment, and returns.
    pub(crate) async fn run(self, stop: CancellationToken) {
        match self {
            Self::Sqlite(writer) => writer.run(stop).await,
            Self::Postgres(writer) => writer.run(stop).await,
        }
    }
}
