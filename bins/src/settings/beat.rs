//! What is due when.

use std::time::Duration;

use chrono_tz::{TZ_VARIANTS, Tz};
use domain::schedules::ScheduleEntry;
use domain::schedules::written::{self, Defaults};
use domain::tasks::{Priority, Routes, Task as _};
use domain::use_cases::CheckInactiveArtists;
use serde_json::{Map, Value, json};

use super::DAY;
use super::nearest::nearest;
use super::reader::Reader;
use super::values::{ValueError, duration};

/// What is due when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeatSettings {
    /// `CELERY_CONF_BEAT_SCHEDULE` and what is due anyway, in alphabetical order; crontabs go
    /// by `CELERY_CONF_TIMEZONE`.
    pub entries: Vec<ScheduleEntry>,
    /// `BEAT_CATCH_UP`: how long ago something may have been due and still be fired.
    pub catch_up: Duration,
}

impl BeatSettings {
    /// Tasks that name no queue go by `routes`, and those that say nothing are as urgent as `priority`.
    pub(super) fn read(read: &mut Reader, routes: &Routes, priority: Priority) -> Self {
        let zone = read.or("CELERY_CONF_TIMEZONE", Tz::UTC, zone);
        let defaults = Defaults {
            zone,
            routes,
            priority,
        };
        let set = read.tree("CELERY_CONF_BEAT_SCHEDULE", SHAPE, |tree| {
            let table = tree.as_object().ok_or_else(|| vec![SHAPE.to_owned()])?;
            entries(table, defaults)
        });
        let unset = || entries(&Map::new(), defaults).unwrap_or_default();
        Self {
            entries: set.unwrap_or_else(unset),
            catch_up: read.or("BEAT_CATCH_UP", DAY, duration(Duration::ZERO..=365 * DAY)),
        }
    }
}

const SHAPE: &str = "must be a table of entries like {\"add-every-30-seconds\": \
                     {\"task\": \"tasks.add\", \"schedule\": 30.0, \"args\": [16, 16]}}";

/// The entries of `table`, over those that are there anyway. One that is null, or false where
/// there is no null, is none.
fn entries(
    table: &Map<String, Value>,
    defaults: Defaults<'_>,
) -> Result<Vec<ScheduleEntry>, Vec<String>> {
    let day = DAY.as_secs();
    let mut all = Map::new();
    all.insert(
        "check-inactive-artists".to_owned(),
        json!({"task": CheckInactiveArtists::NAME, "schedule": day}),
    );
    all.extend(table.clone());
    all.retain(|_, entry| !entry.is_null() && *entry != Value::Bool(false));
    written::entries(&all, defaults)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn zone(text: &str) -> Result<Tz, ValueError> {
    text.parse().map_err(|_| {
        let names = TZ_VARIANTS.iter().map(|zone| zone.name());
        ValueError::Zone(nearest(text, names).unwrap_or("Europe/Berlin"))
    })
}
