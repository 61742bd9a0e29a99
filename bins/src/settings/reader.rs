//! Reads settings one by one and keeps in mind what is wrong with them.

mod unknown;

use std::fmt::Display;

use config::ValueKind;
use domain::tasks::numbers;
use serde_json::Value as Json;

use super::layers::Layers;
use super::problem::{Problem, SettingsError, Warning};

/// Hands out the settings of some [`Layers`] and remembers which were asked for.
///
/// What was never asked for is unknown: that is how a name becomes known, no list is kept.
#[derive(Default)]
pub(super) struct Reader {
    layers: Layers,
    names: Vec<&'static str>,
    refused: Vec<&'static str>,
    problems: Vec<Problem>,
    warnings: Vec<Warning>,
}

impl Reader {
    pub(super) fn of(mut layers: Layers) -> Self {
        let problems = std::mem::take(&mut layers.problems);
        Self {
            layers,
            problems,
            ..Self::default()
        }
    }

    /// The setting `name`; `None` when it is not set, is empty or cannot be understood.
    ///
    /// A complaint shows the value, so this is for settings that hold no secret.
    pub(super) fn open<T, E: Display>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.read(name, |text| {
            parse(text).map_err(|error| format!("{} {error}", shown(text)))
        })
    }

    /// Like [`Reader::open`], with the value that the setting has when it is not set.
    pub(super) fn or<T, E: Display>(
        &mut self,
        name: &'static str,
        default: T,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> T {
        self.open(name, parse).unwrap_or(default)
    }

    /// Like [`Reader::open`], but a complaint never shows the value.
    pub(super) fn masked<T, E: Display>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.read(name, |text| parse(text).map_err(|error| error.to_string()))
    }

    /// The setting `name`, which is JSON in a text or a table in `backbeat.toml`; `help` says
    /// what it should look like.
    ///
    /// A complaint never shows the value.
    pub(super) fn tree<T>(
        &mut self,
        name: &'static str,
        help: &str,
        parse: impl Fn(&Json) -> Result<T, Vec<String>>,
    ) -> Option<T> {
        self.names.push(name);
        let (tree, origin) = self.json(name, help)?;
        let complain = |complaints: Vec<String>| {
            for complaint in complaints {
                self.complain(name, origin.clone(), complaint);
            }
        };
        parse(&tree).map_err(complain).ok()
    }

    /// Complains when `name` is set to anything that is not `fine`, because nothing would come of it.
    pub(super) fn refuse(&mut self, name: &'static str, fine: impl Fn(&str) -> bool, why: &str) {
        self.refused.push(name);
        if let Some((text, origin)) = self.text(name)
            && !fine(&text)
        {
            self.complain(name, origin, why.to_owned());
        }
    }

    /// The value of `name`, whatever its shape, of which something may have to be said. Empty is not set.
    pub(super) fn refusable(&mut self, name: &'static str) -> Option<Json> {
        self.refused.push(name);
        let value = self.layers.values.get(name)?.clone();
        match value.kind {
            ValueKind::Array(_) | ValueKind::Table(_) => value.try_deserialize().ok(),
            _ => {
                let (text, _) = self.text(name)?;
                Some(serde_json::from_str(&text).unwrap_or(Json::String(text)))
            }
        }
    }

    /// The text of the variable `name`, which is none of our settings.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let value = self.layers.values.get(name)?.clone();
        let text = value.into_string().ok()?;
        (!text.trim().is_empty()).then(|| text.trim().to_owned())
    }

    /// Remarks upon `name`, which is set and changes nothing.
    pub(super) fn warn_about(&mut self, name: &'static str, why: &str) {
        self.warnings.push(Warning::Setting(Problem {
            setting: name.to_owned(),
            origin: self.origin(name),
            complaint: why.to_owned(),
        }));
    }

    /// Complains about `name`, which makes no sense together with other settings.
    pub(super) fn complain_about(&mut self, name: &'static str, why: &str) {
        self.complain(name, self.origin(name), why.to_owned());
    }

    /// Complains when `name` is not set.
    pub(super) fn require(&mut self, name: &'static str, why: &str) {
        if self.text(name).is_none() {
            self.complain(name, "not set".to_owned(), why.to_owned());
        }
    }

    /// Whether `name` is set, be it understood or not.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.layers.values.get(name).is_some_and(|value| {
            let text = value.clone().into_string();
            text.map_or(true, |text| !text.trim().is_empty())
        })
    }

    /// Where `name` was set.
    fn origin(&self, name: &str) -> String {
        let value = self.layers.values.get(name).filter(|_| self.is_set(name));
        let origin = value.and_then(|value| value.origin());
        origin.unwrap_or("not set").to_owned()
    }

    /// The names that were asked for, in the order of asking.
    pub(super) fn into_names(self) -> Vec<&'static str> {
        self.names
    }

    /// Ends the reading: `read` if nothing was wrong, else everything that was.
    pub(super) fn finish<T>(mut self, read: T) -> Result<(T, Vec<Warning>), SettingsError> {
        self.complain_about_unknown_names();
        let lines = self.layers.warnings;
        if self.problems.is_empty() {
            let lines = lines.into_iter().map(Warning::Line);
            return Ok((read, lines.chain(self.warnings).collect()));
        }
        Err(SettingsError {
            problems: self.problems,
            warnings: lines,
        })
    }

    fn read<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.names.push(name);
        let (text, origin) = self.text(name)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(complaint) => {
                self.complain(name, origin, complaint);
                None
            }
        }
    }

    /// The JSON of `name`, and its origin.
    fn json(&mut self, name: &str, help: &str) -> Option<(Json, String)> {
        let value = self.layers.values.get(name)?.clone();
        let origin = value.origin().unwrap_or_default().to_owned();
        let read = if matches!(value.kind, ValueKind::Table(_)) {
            value.try_deserialize().map_err(|error| error.to_string())
        } else {
            let (text, _) = self.text(name)?;
            let read = numbers::read(text.as_bytes(), |json| serde_json::from_slice(json));
            read.map_err(|error: serde_json::Error| error.to_string())
        };
        let complain = |error| {
            let complaint = format!("is not JSON ({error}); {help}");
            self.complain(name, origin.clone(), complaint);
        };
        let tree = read.map_err(complain).ok()?;
        Some((tree, origin))
    }

    /// The text of `name` without blanks at its ends, and its origin. Empty is not set.
    fn text(&mut self, name: &str) -> Option<(String, String)> {
        let value = self.layers.values.get(name)?.clone();
        let origin = value.origin().unwrap_or_default().to_owned();
        let complaint = match value.kind {
            ValueKind::Nil => "is not UTF-8 text",
            ValueKind::Table(_) | ValueKind::Array(_) => "must be one text, number or boolean",
            _ => {
                let text = value.into_string().ok()?;
                let text = text.trim();
                return (!text.is_empty()).then(|| (text.to_owned(), origin));
            }
        };
        self.complain(name, origin, complaint.to_owned());
        None
    }

    fn complain(&mut self, name: &str, origin: String, complaint: String) {
        self.problems.push(Problem {
            setting: name.to_owned(),
            origin,
            complaint,
        });
    }
}

/// The value in quotes, control characters written out, cut short when it is long.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
