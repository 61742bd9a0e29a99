//! What the domain asks of the world: one trait a role, each with its contract.
//!
//! Adapters fill these; the laws in `tests/contracts` hold every adapter to the words
//! written here. Ports are shared as `Arc<dyn Port>`.

mod account_repo;
mod album_repo;
mod artist_repo;
mod clock;
mod conveyor;
mod error;
mod housekeeping;
mod link_signer;
mod login_throttle;
mod mail_log;
mod mail_pauses;
mod mailer;
mod outbox;
mod password_hasher;
mod readiness;
mod reminder_repo;
mod schedule_repo;
mod task_observer;
mod task_queue;
mod task_queue_admin;
mod token_repo;
mod token_source;
mod worker_control;

pub use account_repo::{AccountRepo, AddAccountError, Credentials, EditAccountError, NewAccount};
pub use album_repo::{
    AddAlbumError, Added, AlbumRepo, EditAlbumError, Fingerprint, IdempotencyKey, NewAlbum, Once,
};
pub use artist_repo::{AddArtistError, ArtistRepo};
pub use clock::Clock;
pub use conveyor::{Conveyor, Pushed, Pushes};
pub use error::{PortError, Severity, chain};
pub use housekeeping::{Housekeeping, Tidied};
pub use link_signer::LinkSigner;
pub use login_throttle::{LoginThrottle, TooManyAttempts};
pub use mail_log::{Claim, MailClaim, MailLog, MailLogEntry, MailState, MailStep, Recorded};
pub use mail_pauses::{MailPause, MailPauses};
pub use mailer::{Gate, GateClosed, MailError, Mailer};
pub use outbox::{Lost, MOST_RELAYED, OnTheirWay, Outbox, Push, room_on_conveyor};
pub use password_hasher::{PasswordHash, PasswordHasher};
pub use readiness::Readiness;
pub use reminder_repo::{QuietArtist, QuietSlice, ReminderRepo, Silence};
pub use schedule_repo::{
    EntryRow, Fired, Firing, NewEntry, Occurrence, ScheduleRepo, Skipped, Standing,
};
pub use task_observer::{Attempted, TaskObserver};
pub use task_queue::{
    Ended, Enqueued, Fence, Lease, Queues, Settled, TaskQueue, Verdict, WorkerId,
};
pub use task_queue_admin::{QueueCounts, Requeued, TaskQueueAdmin, TaskRow, TaskState};
pub use token_repo::{NewToken, TokenRepo};
pub use token_source::{AccessToken, TokenDigest, TokenSource};
pub use worker_control::{InHand, Revoked, UnknownTask, WorkerControl};

#[cfg(test)]
pub(crate) use self::mocks::*;

#[cfg(test)]
mod mocks {
    pub(crate) use super::account_repo::MockAccountRepo;
    pub(crate) use super::album_repo::MockAlbumRepo;
    pub(crate) use super::clock::MockClock;
    pub(crate) use super::login_throttle::MockLoginThrottle;
    pub(crate) use super::mail_log::MockMailLog;
    pub(crate) use super::mail_pauses::MockMailPauses;
    pub(crate) use super::password_hasher::MockPasswordHasher;
    pub(crate) use super::token_repo::MockTokenRepo;
    pub(crate) use super::token_source::MockTokenSource;
}
