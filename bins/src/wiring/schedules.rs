//! Who fires what is due, and what is known of it.

use chrono::TimeDelta;
use domain::beat::Beat;
use domain::ports::ScheduleRepo;
use domain::schedules::ScheduleEntry;
use domain::tasks::Task as _;
use domain::use_cases::{CheckInactiveArtists, CongratulateArtist, RemindInactiveArtist};

use super::Platform;
use crate::program::Failure;
use crate::settings::BeatSettings;
use crate::ticker::Ticker;

/// The tasks that workers of this version know, in alphabetical order.
pub(super) const TASKS: [&str; 3] = [
    CheckInactiveArtists::NAME,
    CongratulateArtist::NAME,
    RemindInactiveArtist::NAME,
];

impl Platform {
    /// Fires what is due by its schedule.
    ///
    /// Entries whose task this version does not know are fired all the same: a worker of
    /// another version may know it.
    pub(crate) fn ticker(&self) -> Result<Ticker, Failure> {
        let BeatSettings { entries, catch_up } = self.settings.beat.clone();
        for ScheduleEntry { name, task, .. } in &entries {
            if TASKS.contains(&task.as_str()) {
                continue;
            }
            if self.conveyor.is_some() {
                tracing::info!(entry = %name, task.name = %task, "the entry {name} fires the task {task}, which is left to other workers on redis");
            } else {
                tracing::warn!(entry = %name, task.name = %task, "the entry {name} fires the task {task}, which no worker of this version knows");
            }
        }
        let clock = self.clock.clone();
        let catch_up = TimeDelta::from_std(catch_up)?;
        Ok(Ticker {
            beat: Beat::new(self.store.clone(), clock.clone(), entries, catch_up),
            clock,
        })
    }

    /// Where schedules stand.
    pub(crate) fn schedules(&self) -> &dyn ScheduleRepo {
        self.store.as_ref()
    }

    /// The entries that are set.
    pub(crate) fn schedule_entries(&self) -> &[ScheduleEntry] {
        &self.settings.beat.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Database, MailTo, PublicUrl, Settings, Sources};

    #[tokio::test]
    async fn what_is_said_to_be_known_is_what_is_routed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut settings = Settings::from_sources(&Sources::default()).expect("defaults");
        settings.database = Database::Sqlite(folder.path().join("store.db"));
        settings.mail.to = MailTo::Console;
        let (platform, _) = Platform::open(settings).await.expect("a new store");

        let url = PublicUrl::of("127.0.0.1:80".parse().expect("an address"));
        let mailing = platform.mailing().expect("a mailer");
        let router = platform.router(&url, &mailing).expect("a router");

        assert_eq!(router.names(), TASKS);
    }
}
