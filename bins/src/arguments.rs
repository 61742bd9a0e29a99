//! What can be said on the command lines.

mod line;
mod refused;
mod worker;

pub use self::line::CommandLine;
pub use self::refused::{Refusal, Refusals};
pub use self::worker::{NodeOptions, Worker};

use clap::{Args, Parser, Subcommand};

use self::refused::celery;
use crate::settings::LogLevel;

const SETTINGS: &str = "Settings come from the environment, from .env and from backbeat.toml in the working \
                        directory, in this order; .env.example explains each.";

/// The background half of a music platform.
///
/// Without a command everything runs in this one process: the HTTP API, the worker and
/// the beat, on one database file under ./var, with mail written to ./var/mail.
#[derive(Debug, Parser)]
#[command(name = "backbeat", version, after_help = SETTINGS)]
pub struct Backbeat {
    /// What to do; without it, everything runs.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How loudly to log.
    #[command(flatten)]
    pub log: Log,
}

/// What an operator can ask for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Tell the whole story on a temporary directory: an artist registers, publishes, is
    /// congratulated, falls silent, is reminded, and unsubscribes.
    Demo,
    /// Bring the database to the form this version needs (every program does so at its start).
    Migrate,
    /// Register an account that sees and edits everything; asks for its password.
    CreateAdmin(NewAdmin),
    /// Send one real mail to ADDRESS, show how it goes, and say what is wrong if it does not.
    ///
    /// The mail goes wherever the settings send mails (a mail server, files, the console). With
    /// a server the whole conversation is shown, without the password; when it fails, plain
    /// words say what to do: a wrong password, host or port, encryption that does not fit the
    /// port, a certificate that is not good, a sender or recipient who is refused, a used-up
    /// quota. Neither the database nor a running program is touched, and a pause is not
    /// waited for. Exits with 0 when the mail was taken and with 1 when it was not.
    SendTestMail {
        /// Whom to write to; your own address, best.
        address: String,
    },
    /// Show tasks, buried ones with their reasons, schedules, and mails.
    Inspect(Inspect),
    /// Give a buried task another life.
    Requeue {
        /// The id, as `inspect` shows it.
        id: String,
    },
    /// Put back into their queues the messages on Redis that Python workers hold.
    ///
    /// A Celery worker that was killed leaves the messages it held behind, and only another Celery
    /// worker puts them back, after its visibility timeout. This is for when there is none any
    /// more: what a living Celery worker holds is done twice then.
    RestoreUnacked {
        /// Do not ask first.
        #[arg(short, long)]
        force: bool,
    },
    /// Remove every task of a queue that waits; what runs, is done or is buried stays.
    Purge {
        /// The name of the queue [default: the default queue].
        queue: Option<String>,
        /// Do not ask first.
        #[arg(short, long)]
        force: bool,
    },
}

/// Who the new admin is.
#[derive(Debug, Args)]
pub struct NewAdmin {
    /// The name to log in with.
    #[arg(long)]
    pub username: String,
    /// Their e-mail address.
    #[arg(long)]
    pub email: String,
}

/// How much to show.
#[derive(Clone, Copy, Debug, Args)]
pub struct Inspect {
    /// How many tasks, schedules and mails to list of each kind.
    #[arg(long, default_value_t = 20)]
    pub most: u32,
    /// Show one JSON document instead of text.
    #[arg(long)]
    pub json: bool,
}

/// The HTTP API. Needs nothing but the database.
#[derive(Debug, Parser)]
#[command(name = "api", version, after_help = SETTINGS)]
pub struct Api {
    /// How loudly to log.
    #[command(flatten)]
    pub log: Log,
}

/// Puts tasks into the queue when they are due, and keeps house.
///
/// What is due when says `CELERY_CONF_BEAT_SCHEDULE`, in Celery's shape. Any number of beats
/// may run on one database: each occurrence is fired once, by whoever comes first, and none
/// is lost while one of them lives. What was due while none ran is fired once, late, if it
/// is not older than `BEAT_CATCH_UP`. The tasks themselves are done by workers.
///
/// Beside that it takes back what dead workers held, clears away what has had its time, and
/// reports how much waits.
#[derive(Debug, Parser)]
#[command(name = "beat", version, after_help = SETTINGS)]
pub struct Beat {
    /// How loudly to log.
    #[command(flatten)]
    pub log: Log,
}

/// How loudly to log.
#[derive(Clone, Debug, Args)]
pub struct Log {
    /// error, warn (WARNING), info, debug, trace or off, in any case [setting: `LOG_LEVEL`].
    #[arg(short = 'l', long = "loglevel", global = true)]
    pub level: Option<LogLevel>,
}

impl CommandLine for Backbeat {
    const REFUSED: Refusals = celery::OF_EVERYTHING;
}

impl CommandLine for Api {
    const REFUSED: Refusals = celery::NOTHING;
}

impl CommandLine for Beat {
    const REFUSED: Refusals = celery::OF_THE_BEAT;
}
