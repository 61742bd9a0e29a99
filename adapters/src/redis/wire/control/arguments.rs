//! The arguments of a command, one by one.

use std::time::Duration;

use domain::tasks::{QueueName, TaskId};
use serde_json::{Map, Value};

/// How many ids a command may name.
const MOST_IDS: usize = 50_000;

/// What is wrong with an argument.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the argument {name} {fault}")]
pub struct ArgumentError {
    /// Which argument.
    pub name: &'static str,
    /// What is wrong with it.
    pub fault: &'static str,
}

/// The arguments of a command. What is `null` is missing, as Celery has it.
#[derive(Clone, Copy, Debug)]
pub struct Arguments<'a>(pub &'a Map<String, Value>);

impl<'a> Arguments<'a> {
    fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Something that is said, true or false; false when it is missing.
    pub(super) fn flag(self, name: &str) -> bool {
        match self.get(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => matches!(text.as_str(), "1" | "true" | "True" | "yes"),
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            _ => false,
        }
    }

    /// A text that must be there.
    pub(super) fn text(self, name: &'static str) -> Result<&'a str, ArgumentError> {
        let fault = "is missing";
        self.optional_text(name)?
            .ok_or(ArgumentError { name, fault })
    }

    pub(super) fn optional_text(
        self,
        name: &'static str,
    ) -> Result<Option<&'a str>, ArgumentError> {
        let fault = "is not a text";
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ArgumentError { name, fault }),
        }
    }

    /// A text or a number, as a text.
    pub(super) fn words(self, name: &'static str) -> Result<String, ArgumentError> {
        match self.get(name) {
            Some(Value::Number(number)) => Ok(number.to_string()),
            _ => Ok(self.optional_text(name)?.unwrap_or_default().to_owned()),
        }
    }

    /// How many, which is one if nothing is said.
    pub(super) fn count(self, name: &'static str) -> Result<usize, ArgumentError> {
        let fault = "is not a number of tasks";
        let count = match self.get(name) {
            None => Some(1),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_u64(),
        };
        let count = count.and_then(|count| usize::try_from(count).ok());
        count.ok_or(ArgumentError { name, fault })
    }

    /// How many seconds; none at all if they are not said, or zero.
    pub(super) fn seconds(self, name: &'static str) -> Result<Option<Duration>, ArgumentError> {
        let fault = "is not a number of seconds";
        let seconds = match self.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_f64(),
        };
        let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let duration = duration.ok_or(ArgumentError { name, fault })?;
        Ok(Some(duration).filter(|duration| !duration.is_zero()))
    }

    pub(super) fn queue(self, name: &'static str) -> Result<QueueName, ArgumentError> {
        let fault = "is not the name of a queue";
        let queue = self.text(name)?.to_owned();
        queue.try_into().map_err(|_| ArgumentError { name, fault })
    }

    /// One id, or many. What is no id is left out: no task has it.
    pub(super) fn ids(self, name: &'static str) -> Result<Vec<TaskId>, ArgumentError> {
        let texts = self.texts(name)?.into_iter();
        Ok(texts.filter_map(|text| text.try_into().ok()).collect())
    }

    /// Ids in a list, or in whatever else Python's workers keep them: an object, by their names.
    pub(in crate::redis) fn known_ids(
        self,
        name: &'static str,
    ) -> Result<Vec<TaskId>, ArgumentError> {
        let Some(Value::Object(ids)) = self.get(name) else {
            return self.ids(name);
        };
        let ids = ids.keys().take(MOST_IDS).cloned();
        Ok(ids.filter_map(|id| id.try_into().ok()).collect())
    }

    /// One text, or many; none when they are missing.
    pub(super) fn texts(self, name: &'static str) -> Result<Vec<String>, ArgumentError> {
        self.get(name)
            .map_or(Ok(Vec::new()), |value| texts(name, value))
    }

    /// Names, each with one value or many; or, as the command line sends them, `name=value` each.
    pub(super) fn stamps(
        self,
        name: &'static str,
    ) -> Result<Vec<(String, Vec<String>)>, ArgumentError> {
        let fault = "is not an object of stamps";
        match self.get(name) {
            Some(list @ Value::Array(_)) => texts(name, list)?
                .into_iter()
                .map(|pair| {
                    let (stamp, value) =
                        pair.split_once('=').ok_or(ArgumentError { name, fault })?;
                    Ok((stamp.to_owned(), vec![value.to_owned()]))
                })
                .collect(),
            Some(Value::Object(stamps)) => stamps
                .iter()
                .map(|(stamp, values)| Ok((stamp.clone(), texts(name, values)?)))
                .collect(),
            _ => Err(ArgumentError { name, fault }),
        }
    }
}

fn texts(name: &'static str, value: &Value) -> Result<Vec<String>, ArgumentError> {
    let values = match value {
        Value::Array(values) => &values[..],
        value => std::slice::from_ref(value),
    };
    if MOST_IDS < values.len() {
        let fault = "names too many";
        return Err(ArgumentError { name, fault });
    }
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Ok(values.iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with<T>(value: &Value, read: impl Fn(Arguments<'_>) -> T) -> T {
        let mut map = Map::new();
        map.insert("x".to_owned(), value.clone());
        read(Arguments(&map))
    }

    #[test]
    fn the_command_line_and_programs_write_them_differently() {
        assert_eq!(with(&json!("3"), |each| each.count("x")), Ok(3));
        assert_eq!(with(&json!(3), |each| each.count("x")), Ok(3));
        assert_eq!(with(&json!(null), |each| each.count("x")), Ok(1));
        assert!(with(&json!(-1), |each| each.count("x")).is_err());
        assert!(with(&json!([]), |each| each.count("x")).is_err());

        let half = Duration::from_millis(500);
        assert_eq!(with(&json!(0.5), |each| each.seconds("x")), Ok(Some(half)));
        assert_eq!(
            with(&json!("0.5"), |each| each.seconds("x")),
            Ok(Some(half))
        );
        assert_eq!(with(&json!(0), |each| each.seconds("x")), Ok(None));
        assert!(with(&json!("soon"), |each| each.seconds("x")).is_err());
        assert!(with(&json!(1e300), |each| each.seconds("x")).is_err());

        assert_eq!(with(&json!(2), |each| each.words("x")), Ok("2".to_owned()));
        assert_eq!(
            with(&json!("a"), |each| each.texts("x")),
            Ok(vec!["a".to_owned()])
        );
        assert_eq!(
            with(&json!(["a", ""]), |each| each.ids("x").map(|ids| ids.len())),
            Ok(1)
        );
        let many = json!(vec!["a"; MOST_IDS + 1]);
        assert!(with(&many, |each| each.ids("x")).is_err());
    }
}
