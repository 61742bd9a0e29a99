//! What operators decide: read from the environment, `.env` and `backbeat.toml`, checked at start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

mod beat;
mod celery;
mod conveyor;
pub mod database_url;
pub mod dotenv;
pub mod email_url;
mod inactivity;
mod layers;
mod log;
mod mail;
mod nearest;
mod node;
mod percent;
mod problem;
mod public_url;
mod reader;
mod results;
mod routes;
mod secret_key;
mod sender;
mod sending;
mod smtp;
mod smtp_url;
mod sources;
pub mod values;
mod worker;

pub use beat::BeatSettings;
pub use conveyor::ConveyorSettings;
pub use database_url::Database;
pub use email_url::MailTo;
pub use log::{LogFilter, LogFilterError, LogFormat, LogLevel, LogSettings};
pub use mail::MailSettings;
pub use node::NodeSettings;
pub use problem::{Problem, SettingsError, Warning};
pub use public_url::{PublicUrl, PublicUrlError};
pub use results::ResultSettings;
pub use secret_key::{SecretKey, SecretKeyError};
pub use sender::{Sender, SenderError};
pub use sending::SendingSettings;
pub use sources::{DOTENV_FILE, Sources, TOML_FILE};
pub use worker::WorkerSettings;

use domain::tasks::{QueueName, Routes};
use domain::use_cases::InactivityPolicy;

use layers::Layers;
use reader::Reader;
use values::{address, duration, number, path, queue};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

const SECRET_NEEDED: &str = "must be set with PostgreSQL, to the same on every machine; \
                             write a random text of at least 32 characters";

const SAME_AS_QUEUE: &str = "the default queue has an exchange and a routing key of its own name; set \
                             CELERY_CONF_TASK_DEFAULT_QUEUE, and remove it";

/// Everything that can be set, each value valid in itself.
///
/// The environment goes over `.env`, `.env` over `backbeat.toml`, and that over the defaults.
/// A setting whose topmost value is empty has its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `DATA_DIR`: where everything lies that has no place of its own.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`: the store.
    pub database: Database,
    /// `DATABASE_MAX_CONNECTIONS`: how many connections to a server each process may open.
    pub database_connections: u32,
    /// How the API is reached.
    pub api: ApiSettings,
    /// How often a password may be guessed.
    pub login: LoginSettings,
    /// Where mail goes and who writes it.
    pub mail: MailSettings,
    /// `SECRET_KEY`, when it is set: signs the links in mails.
    pub secret_key: Option<SecretKey>,
    /// When artists count as quiet, and how often they are reminded.
    pub inactivity: InactivityPolicy,
    /// How tasks are run.
    pub worker: WorkerSettings,
    /// How a worker is seen and spoken to from outside.
    pub node: NodeSettings,
    /// How tasks are sent.
    pub sending: SendingSettings,
    /// Redis, when it is set: what carries tasks to workers.
    pub conveyor: Option<ConveyorSettings>,
    /// `CELERY_CONF_TASK_ROUTES` and `CELERY_CONF_TASK_DEFAULT_QUEUE`: which queue a task goes to.
    pub routes: Routes,
    /// What is due when.
    pub beat: BeatSettings,
    /// What is logged.
    pub log: LogSettings,
    /// `SHUTDOWN_GRACE`, when it is set; see [`Settings::worker_grace`] and [`Settings::api_grace`].
    pub shutdown_grace: Option<Duration>,
    /// What looks odd, for the log.
    pub warnings: Vec<Warning>,
}

/// How the API is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSettings {
    /// `API_BIND`: where it listens; port 0 means any free one.
    pub bind: SocketAddr,
    /// `API_MAX_CONNECTIONS`: how many connections it holds at a time.
    pub max_connections: usize,
    /// `PUBLIC_URL`, when it is set; see [`ApiSettings::public_url_at`].
    pub public_url: Option<PublicUrl>,
    /// `TOKEN_TTL`: how long a token lives.
    pub token_ttl: Duration,
}

/// How often a password may be guessed within a window of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginSettings {
    /// `LOGIN_ATTEMPTS_PER_ACCOUNT`.
    pub attempts_per_account: usize,
    /// `LOGIN_ATTEMPTS_PER_ADDRESS`: from one IP address, whatever the account.
    pub attempts_per_address: usize,
    /// `LOGIN_ATTEMPTS_WINDOW`.
    pub window: Duration,
}

impl Settings {
    /// The settings that `sources` give; looks at nothing else.
    ///
    /// # Errors
    ///
    /// When anything is wrong with them; the error names all of it.
    pub fn from_sources(sources: &Sources) -> Result<Self, SettingsError> {
        let mut reader = Reader::of(Layers::of(sources));
        let settings = Self::read(&mut reader);
        let (settings, warnings) = reader.finish(settings)?;
        Ok(Self {
            warnings,
            ..settings
        })
    }

    /// The names of all settings that this version honours.
    pub fn names() -> Vec<&'static str> {
        let mut reader = Reader::default();
        Self::read(&mut reader);
        reader.into_names()
    }

    /// How long worker and beat may take to stop.
    pub fn worker_grace(&self) -> Duration {
        self.shutdown_grace.unwrap_or(25 * SECOND)
    }

    /// How long the API may take to stop.
    pub fn api_grace(&self) -> Duration {
        self.shutdown_grace.unwrap_or(10 * SECOND)
    }

    fn read(read: &mut Reader) -> Self {
        let data_dir = read.or("DATA_DIR", "var".into(), path);
        let database = read.masked("DATABASE_URL", str::parse);
        let api = ApiSettings::read(read);
        let login = LoginSettings::read(read);
        let mail = MailSettings::read(read, &data_dir);
        let secret_key = read.masked("SECRET_KEY", str::parse);
        let inactivity = inactivity::read(read);
        let worker = WorkerSettings::read(read);
        let default_queue = read.or(
            "CELERY_CONF_TASK_DEFAULT_QUEUE",
            QueueName::default(),
            queue,
        );
        let routes = routes::read(read, &default_queue);
        for name in [
            "CELERY_CONF_TASK_DEFAULT_EXCHANGE",
            "CELERY_CONF_TASK_DEFAULT_ROUTING_KEY",
        ] {
            read.refuse(name, |text| text == default_queue.as_str(), SAME_AS_QUEUE);
        }
        let sending = SendingSettings::read(read);
        celery::read_fixed(read);
        if let Some(Database::Postgres(_)) = database {
            read.require("SECRET_KEY", SECRET_NEEDED);
        }
        Self {
            database: database
                .unwrap_or_else(|| Database::Sqlite(data_dir.join("backbeat.sqlite3"))),
            database_connections: read.or("DATABASE_MAX_CONNECTIONS", 8, number(1..=1000)),
            api,
            login,
            mail,
            secret_key,
            inactivity,
            conveyor: ConveyorSettings::read(read, &default_queue, worker.heartbeat()),
            beat: BeatSettings::read(read, &routes, sending.priority),
            routes,
            worker,
            node: NodeSettings::read(read),
            sending,
            log: LogSettings::read(read),
            shutdown_grace: read.open("SHUTDOWN_GRACE", duration(Duration::ZERO..=HOUR)),
            warnings: Vec::new(),
            data_dir,
        }
    }
}

impl ApiSettings {
    /// The URL to put into links: what was set, else that of the `address` listened on.
    pub fn public_url_at(&self, address: SocketAddr) -> PublicUrl {
        self.public_url
            .clone()
            .unwrap_or_else(|| PublicUrl::of(address))
    }

    fn read(read: &mut Reader) -> Self {
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 8000));
        Self {
            bind: read.or("API_BIND", local, address),
            max_connections: read.or("API_MAX_CONNECTIONS", 1024, number(1..=65_536)),
            public_url: read.masked("PUBLIC_URL", str::parse),
            token_ttl: read.or("TOKEN_TTL", 10 * DAY, duration(SECOND..=3650 * DAY)),
        }
    }
}

impl LoginSettings {
    fn read(read: &mut Reader) -> Self {
        let count = || number(1..=1_000_000);
        Self {
            attempts_per_account: read.or("LOGIN_ATTEMPTS_PER_ACCOUNT", 10, count()),
            attempts_per_address: read.or("LOGIN_ATTEMPTS_PER_ADDRESS", 100, count()),
            window: read.or("LOGIN_ATTEMPTS_WINDOW", HOUR / 4, duration(SECOND..=DAY)),
        }
    }
}
