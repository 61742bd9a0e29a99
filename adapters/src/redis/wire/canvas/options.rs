//! The options of a signature, read as Celery's `apply_async` reads them.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::CanvasError;
use super::embed::list;
use crate::redis::wire::read_moment;

pub(super) type Options = Map<String, Value>;

/// Options that nobody may change once they are there: others count on them.
const FIXED: [&str; 2] = ["group_id", "stamped_headers"];

/// `own` options, overridden by those of the call; what the call leaves open is not there.
pub(super) fn merged(mut own: Options, call: Options) -> Options {
    let stamps = own
        .get("stamped_headers")
        .and_then(Value::as_array)
        .cloned();
    let is_fixed = |name: &str| {
        let is_stamp = |stamps: &Vec<Value>| stamps.iter().any(|each| each == name);
        FIXED.contains(&name) || stamps.as_ref().is_some_and(is_stamp)
    };
    for (name, value) in call {
        let is_kept = own.contains_key(&name) && is_fixed(&name);
        if !value.is_null() && !is_kept {
            own.insert(name, value);
        }
    }
    own
}

/// An option that is there and not null.
pub(super) fn take(options: &mut Options, name: &str) -> Option<Value> {
    options.remove(name).filter(|value| !value.is_null())
}

/// An option that is a text.
pub(super) fn take_text(
    options: &mut Options,
    name: &'static str,
) -> Result<Option<String>, CanvasError> {
    match take(options, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong(name)),
    }
}

/// An option that is one signature or several.
pub(super) fn take_list(
    options: &mut Options,
    name: &'static str,
) -> Result<Vec<Value>, CanvasError> {
    list(name, options.remove(name).unwrap_or_default())
}

/// Puts these behind what the option of that name lists.
pub(super) fn extend(
    options: &mut Options,
    name: &'static str,
    more: Vec<Value>,
) -> Result<(), CanvasError> {
    if more.is_empty() {
        return Ok(());
    }
    let mut all = take_list(options, name)?;
    all.extend(more);
    options.insert(name.to_owned(), Value::Array(all));
    Ok(())
}

/// An instant, in its words or as kombu's typed object, or so many seconds from now on.
pub(super) fn take_moment(
    options: &mut Options,
    name: &'static str,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, CanvasError> {
    let Some(value) = take(options, name) else {
        return Ok(None);
    };
    let moment = match &value {
        Value::String(text) => read_moment(text),
        Value::Number(seconds) => seconds.as_f64().and_then(|seconds| after(now, seconds)),
        Value::Object(typed) if typed.get("__type__") == Some(&"datetime".into()) => {
            let text = typed.get("__value__").and_then(Value::as_str);
            text.and_then(read_moment)
        }
        _ => None,
    };
    moment.map(Some).ok_or_else(|| wrong(name))
}

fn after(now: DateTime<Utc>, seconds: f64) -> Option<DateTime<Utc>> {
    /// A million years, which is as good as never.
    const MOST: f64 = 3.2e13;
    if !(-MOST..=MOST).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it was bounded")]
    let micros = (seconds * 1e6).round() as i64;
    now.checked_add_signed(TimeDelta::microseconds(micros))
}

pub(super) fn wrong(name: &str) -> CanvasError {
    CanvasError::NotOfItsKind(name.chars().take(100).collect())
}
