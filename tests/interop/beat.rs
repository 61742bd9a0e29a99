//! The beat: entries from a file, and a store that any number of beats may share.

use std::process::ExitCode;

use bins::{program, roles};
use clap::Args;
use domain::tasks::numbers;

use crate::sources::{Redis, sources};

/// How the beat is to beat.
#[derive(Debug, Args)]
pub(crate) struct Beat {
    #[command(flatten)]
    redis: Redis,
    /// The file with the entries, in JSON.
    #[arg(long, env = "BEAT_SCHEDULE_FILE")]
    schedule_file: String,
    /// The file to keep in mind what was sent when.
    #[arg(long, env = "BEAT_STATE_FILE")]
    state_file: Option<String>,
    /// The time zone of crontabs.
    #[arg(long, env = "BEAT_TIMEZONE")]
    timezone: Option<String>,
    /// The URL of a store that beats share, instead of the file of each.
    #[arg(long, env = "BEAT_STORE")]
    store: Option<String>,
}

impl Beat {
    pub(crate) fn run(self) -> ExitCode {
        let entries = match self.entries() {
            Ok(entries) => entries,
            Err(error) => {
                eprintln!("interop beat: {}: {error}", self.schedule_file);
                return ExitCode::FAILURE;
            }
        };
        let state = self.state_file.map(|file| format!("sqlite://{file}"));
        let settings = [
            ("DATABASE_URL", self.store.or(state).unwrap_or_default()),
            ("CELERY_CONF_BEAT_SCHEDULE", entries),
            ("CELERY_CONF_TIMEZONE", self.timezone.unwrap_or_default()),
        ];
        program::run(
            &sources(&self.redis, &settings),
            "interop beat",
            |_| {},
            roles::beat,
        )
    }

    /// The entries of the file, and none of the platform's own.
    fn entries(&self) -> Result<String, Box<dyn std::error::Error>> {
        let text = std::fs::read_to_string(&self.schedule_file)?;
        let mut entries: serde_json::Map<_, _> =
            numbers::read(text.as_bytes(), |json| serde_json::from_slice(json))?;
        entries.insert("check-inactive-artists".to_owned(), serde_json::Value::Null);
        Ok(serde_json::Value::Object(entries).to_string())
    }
}
