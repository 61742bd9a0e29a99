//! Reads the fields of an entry one by one, and keeps in mind what is wrong with them.

use std::fmt::Display;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::EntryProblem;
use crate::model::ValueError;
use crate::schedules::Expires;
use crate::tasks::Priority;

/// The fields of an entry, or of one of its parts.
pub(super) struct Fields<'a> {
    entry: &'a str,
    /// What stands before the names of the fields: nothing, or `options.`.
    prefix: &'static str,
    values: Option<&'a Map<String, Value>>,
    problems: &'a mut Vec<EntryProblem>,
}

impl<'a> Fields<'a> {
    pub(super) fn of_entry(
        entry: &'a str,
        written: &'a Value,
        problems: &'a mut Vec<EntryProblem>,
    ) -> Option<Self> {
        let mut fields = Self {
            entry,
            prefix: "",
            values: written.as_object(),
            problems,
        };
        if fields.values.is_none() {
            fields.complain("", "must be an object with task and schedule".to_owned());
            return None;
        }
        Some(fields)
    }

    /// The fields of the part called `name`.
    pub(super) fn inner(&mut self, name: &'static str) -> Fields<'_> {
        let written = self.value(name);
        let values = written.and_then(Value::as_object);
        if written.is_some() && values.is_none() {
            self.complain(name, "must be an object".to_owned());
        }
        Fields {
            entry: self.entry,
            prefix: "options.",
            values,
            problems: self.problems,
        }
    }

    /// Complains about every field that is none of `known`.
    pub(super) fn only(&mut self, known: &[&str]) {
        let names = self.values.into_iter().flat_map(Map::keys);
        for name in names.filter(|name| !known.contains(&name.as_str())) {
            let known = known.join(", ");
            self.complain(name, format!("is not known here; known are {known}"));
        }
    }

    /// The name of the entry itself.
    pub(super) fn named<T>(&mut self, name: Result<T, ValueError>) -> Option<T> {
        self.checked("name", name)
    }

    /// The field `name`; `None` when it is missing, null, or wrong.
    pub(super) fn read<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl Fn(&Value) -> Result<T, E>,
    ) -> Option<T> {
        let read = parse(self.value(name)?);
        self.checked(name, read)
    }

    /// What was made of the field `name`; `None` when that went wrong.
    pub(super) fn checked<T, E: Display>(&mut self, name: &str, made: Result<T, E>) -> Option<T> {
        made.map_err(|error| self.complain(name, error.to_string()))
            .ok()
    }

    /// The field `name`, which must be there: `help` says what to write.
    pub(super) fn needed<T, E: Display>(
        &mut self,
        name: &str,
        help: &str,
        parse: impl Fn(&Value) -> Result<T, E>,
    ) -> Option<T> {
        self.needed_all(name, help, |value| {
            parse(value).map_err(|error| vec![error.to_string()])
        })
    }

    /// Like [`needed`](Self::needed), for what may be wrong in several ways.
    pub(super) fn needed_all<T>(
        &mut self,
        name: &str,
        help: &str,
        parse: impl Fn(&Value) -> Result<T, Vec<String>>,
    ) -> Option<T> {
        let Some(value) = self.value(name) else {
            self.complain(name, format!("is missing; {help}"));
            return None;
        };
        let complain = |errors: Vec<String>| {
            for error in errors {
                self.complain(name, error);
            }
        };
        parse(value).map_err(complain).ok()
    }

    fn value(&self, name: &str) -> Option<&'a Value> {
        self.values?.get(name).filter(|value| !value.is_null())
    }

    fn complain(&mut self, field: &str, complaint: String) {
        self.problems.push(EntryProblem {
            entry: self.entry.to_owned(),
            field: format!("{}{field}", self.prefix),
            complaint,
        });
    }
}

pub(super) fn name<T: TryFrom<String, Error = ValueError>>(value: &Value) -> Result<T, String> {
    let text = value.as_str().ok_or("must be a text")?;
    T::try_from(text.to_owned()).map_err(|error| error.to_string())
}

pub(super) fn list(value: &Value) -> Result<Vec<Value>, &'static str> {
    value.as_array().cloned().ok_or("must be a list")
}

pub(super) fn object(value: &Value) -> Result<Map<String, Value>, &'static str> {
    value.as_object().cloned().ok_or("must be an object")
}

pub(super) fn boolean(value: &Value) -> Result<bool, &'static str> {
    value.as_bool().ok_or("must be true or false")
}

pub(super) fn text(value: &Value) -> Result<String, &'static str> {
    value.as_str().map(str::to_owned).ok_or("must be a text")
}

pub(super) fn priority(value: &Value) -> Result<Priority, &'static str> {
    let number = value.as_u64().and_then(|number| u8::try_from(number).ok());
    number
        .filter(|number| *number <= 9)
        .map(Priority::new)
        .ok_or("must be a whole number from 0, which is served first, to 9")
}

pub(super) fn expires(value: &Value) -> Result<Expires, &'static str> {
    let instant = value.as_str().map(str::parse::<DateTime<Utc>>);
    if let Some(Ok(instant)) = instant {
        return Ok(Expires::At(instant));
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 10^15, as just seen"
    )]
    let milliseconds = |seconds: f64| (seconds * 1e3).round() as i64;
    let seconds = value.as_f64().filter(|it| 0.0 < *it && *it <= 1e12);
    seconds
        .map(|seconds| Expires::After(TimeDelta::milliseconds(milliseconds(seconds))))
        .ok_or("must be a number of seconds, or an instant like \"2027-01-31T12:00:00+01:00\"")
}
