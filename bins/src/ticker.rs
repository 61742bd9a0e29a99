//! Lets a beat tick while a program runs.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::beat::Beat;
use domain::ports::{Clock, PortError};
use domain::schedules::ScheduleEntry;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::output::tell;

/// How long the beat trusts its clock, which may be set or moved by hand.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// The pause after the first failure; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Ticks when something is due, until `stop`.
pub(crate) struct Ticker {
    pub(crate) beat: Beat,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Ticker {
    /// Ticks; calls `started` once the store knows what is due when.
    pub(crate) async fn run(mut self, stop: CancellationToken, started: impl FnOnce(&Beat)) {
        let mut started = Some(started);
        let mut pause = FIRST_PAUSE;
        while !stop.is_cancelled() {
            // Not cut short by the stop: what is being fired is told.
            let wait = match self.tick(&mut started).await {
                Ok(next) => {
                    if pause != FIRST_PAUSE {
                        tracing::info!("Scheduler: what is due is fired again");
                    }
                    pause = FIRST_PAUSE;
                    self.until(next)
                }
                Err(error) => {
                    if pause == FIRST_PAUSE {
                        say(&error);
                    }
                    let wait = pause;
                    pause = LONGEST_PAUSE.min(pause * 2);
                    wait
                }
            };
            stop.run_until_cancelled(sleep(wait)).await;
        }
    }

    async fn tick<F: FnOnce(&Beat)>(
        &mut self,
        started: &mut Option<F>,
    ) -> Result<Option<DateTime<Utc>>, PortError> {
        self.beat.register().await?;
        if let Some(started) = started.take() {
            started(&self.beat);
        }
        self.beat.tick().await
    }

    /// How long to sleep when something is due `next`.
    fn until(&self, next: Option<DateTime<Utc>>) -> Duration {
        let until = next.map(|next| (next - self.clock.now()).to_std().unwrap_or_default());
        until.map_or(LOOK_AGAIN_AFTER, |until| until.min(LOOK_AGAIN_AFTER))
    }
}

/// Says what a beat will fire next.
pub(crate) fn introduce(beat: &Beat) {
    const MOST: usize = 20;
    let upcoming = beat.upcoming();
    tell(&format!("beat ready: {} entries", upcoming.len()));
    for (due, entry) in upcoming.iter().take(MOST) {
        let ScheduleEntry {
            name,
            schedule,
            task,
            ..
        } = entry;
        let due = due.to_rfc3339_opts(SecondsFormat::Secs, true);
        tell(&format!("  {name} ({task}), {schedule}, next due {due}"));
    }
    if MOST < upcoming.len() {
        let rest = upcoming.len() - MOST;
        tell(&format!("  and {rest} more: backbeat inspect"));
    }
}

fn say(error: &PortError) {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "Scheduler: what is due cannot be fired for now"
    );
}
