//! When an entry is due, as it is written.

use chrono_tz::Tz;
use serde_json::{Map, Value};

use crate::schedules::{Aligned, Crontab, CrontabError, Field, Fields, Interval, Schedule};

const SHAPE: &str = "must be a number of seconds, or {\"crontab\": \"minute hour day_of_month month_of_year day_of_week\"}";

const NOT_WHOLE: &str = "needs a schedule of whole seconds below a minute, else of whole minutes, from an \
                         hour on of whole hours, and from a day on of whole days";

/// The schedule that `value` means: seconds, a crontab in one text, or one field by field.
pub(super) fn read(value: &Value, zone: Tz) -> Result<Schedule, Vec<String>> {
    if let Some(seconds) = value.as_f64() {
        let interval = Interval::from_seconds(seconds);
        return interval
            .map(Schedule::Interval)
            .map_err(|error| vec![error.to_string()]);
    }
    let written = value.as_object().ok_or_else(|| vec![SHAPE.to_owned()])?;
    let crontab = match written.get("crontab") {
        Some(_) if 1 < written.len() => return Err(vec![SHAPE.to_owned()]),
        Some(Value::String(text)) => Crontab::parse(text, zone).map_err(|errors| said(&errors)),
        Some(Value::Object(fields)) => by_field(fields, zone),
        Some(_) => return Err(vec![SHAPE.to_owned()]),
        None => by_field(written, zone),
    };
    crontab.map(Schedule::Crontab)
}

/// `schedule`, on the clock of `zone`: Celery's `relative`.
pub(super) fn aligned(schedule: Schedule, zone: Tz) -> Result<Schedule, &'static str> {
    match schedule {
        Schedule::Interval(interval) => Aligned::new(interval, zone)
            .map(Schedule::Aligned)
            .map_err(|_| NOT_WHOLE),
        // A crontab goes by the clock anyway, in Celery, too.
        other => Ok(other),
    }
}

/// Celery's `crontab(minute=…, hour=…, …)`: what is left out is `*`.
fn by_field(written: &Map<String, Value>, zone: Tz) -> Result<Crontab, Vec<String>> {
    let mut errors = Vec::new();
    for name in written.keys() {
        if !Field::ALL.iter().any(|field| field.name() == name) {
            let known = Field::ALL.map(Field::name).join(", ");
            errors.push(format!("has no field {name:?}; its fields are {known}"));
        }
    }
    let fields: Fields = Field::ALL.map(|field| match written.get(field.name()) {
        None => "*".to_owned(),
        Some(value) => text(value).unwrap_or_else(|| {
            errors.push(format!("{field} must be a number, a text or a list"));
            "*".to_owned()
        }),
    });
    if errors.is_empty() {
        return Crontab::new(fields, zone).map_err(|errors| said(&errors));
    }
    Err(errors)
}

/// A field as one text without blanks.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.split_whitespace().collect()),
        Value::Array(values) => {
            let texts: Option<Vec<String>> = values.iter().map(text).collect();
            Some(texts?.join(","))
        }
        _ => None,
    }
}

fn said(errors: &[CrontabError]) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}
