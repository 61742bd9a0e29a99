//! Lays the sources over each other, so that each setting has one value that knows its origin.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use config::{Config, ConfigError, File, FileFormat, Map, Source, Value, ValueKind};

use super::dotenv::{self, Warning};
use super::problem::Problem;
use super::sources::{DOTENV_FILE, Sources, TOML_FILE};

/// What the sources say together: `backbeat.toml`, over it `.env`, over it the environment.
#[derive(Default)]
pub(super) struct Layers {
    /// The topmost value of each name, with its origin.
    pub(super) values: BTreeMap<String, Value>,
    /// The names in `backbeat.toml`, which all ought to be ours.
    pub(super) in_toml: Vec<String>,
    /// The names in `.env` that have a value, and where; not all need to be ours.
    pub(super) in_dotenv: Vec<(String, String)>,
    /// What could not be read at all.
    pub(super) problems: Vec<Problem>,
    /// The oddities of `.env`.
    pub(super) warnings: Vec<Warning>,
}

/// The values of one source under their plain names, in which a dot means nothing.
///
/// `config` asks for `Debug`; it shows the names only.
#[derive(Clone, Default)]
struct Layer(Vec<(String, Value)>);

impl Layers {
    pub(super) fn of(sources: &Sources) -> Self {
        let mut layers = Self {
            problems: sources.unreadable.clone(),
            ..Self::default()
        };
        let toml = sources
            .toml
            .as_deref()
            .map(|it| layers.toml(it))
            .unwrap_or_default();
        let dotenv = sources
            .dotenv
            .as_deref()
            .map(|it| layers.dotenv(it))
            .unwrap_or_default();
        layers.in_toml = toml.0.iter().map(|(name, _)| name.clone()).collect();
        layers.in_toml.sort_unstable();

        let merged = Config::builder()
            .add_source(toml)
            .add_source(dotenv)
            .add_source(environment(sources))
            .build()
            .expect("layers that lie in memory can be collected");
        if let ValueKind::Table(values) = merged.cache.kind {
            let values = values.into_iter();
            layers.values = values.map(|(name, it)| (name, with_origin(it))).collect();
        }
        layers
    }

    fn toml(&mut self, content: &[u8]) -> Layer {
        let origin = TOML_FILE.to_owned();
        let problem = |origin: &str, complaint: String| Problem {
            setting: TOML_FILE.to_owned(),
            origin: origin.to_owned(),
            complaint,
        };
        let Ok(text) = str::from_utf8(content) else {
            let complaint = "is not UTF-8 text; save the file as UTF-8".to_owned();
            self.problems.push(problem("working directory", complaint));
            return Layer::default();
        };
        match File::from_str(text, FileFormat::Toml).collect() {
            Ok(table) => Layer(
                table
                    .into_iter()
                    .map(|(name, value)| (name, Value::new(Some(&origin), value.kind)))
                    .collect(),
            ),
            Err(error) => {
                let (place, reason) = without_content(&error);
                let complaint = format!("is not TOML: {reason}; texts stand in quotes");
                self.problems.push(problem(&place, complaint));
                Layer::default()
            }
        }
    }

    fn dotenv(&mut self, content: &[u8]) -> Layer {
        match dotenv::parse(content) {
            Ok(read) => {
                self.warnings = read.warnings;
                let origin = |line| format!("{DOTENV_FILE} line {line}");
                let value = |line, text| Value::new(Some(&origin(line)), text);
                let with_value = read.entries.iter().filter(|it| !it.value.trim().is_empty());
                self.in_dotenv = with_value
                    .map(|it| (it.name.clone(), origin(it.line)))
                    .collect();
                let entries = read.entries.into_iter();
                Layer(
                    entries
                        .map(|it| (it.name, value(it.line, it.value)))
                        .collect(),
                )
            }
            Err(error) => {
                self.problems.push(Problem {
                    setting: DOTENV_FILE.to_owned(),
                    origin: format!("line {}", error.line),
                    complaint: error.to_string(),
                });
                Layer::default()
            }
        }
    }
}

/// A table loses its origin when layers are merged; there is one file only that has tables.
fn with_origin(value: Value) -> Value {
    match value.kind {
        ValueKind::Table(_) => Value::new(Some(&TOML_FILE.to_owned()), value.kind),
        _ => value,
    }
}

/// What is not UTF-8 becomes a value that is no text, and a name that is not is not ours.
fn environment(sources: &Sources) -> Layer {
    let origin = "environment".to_owned();
    let pairs = sources.environment.iter();
    Layer(
        pairs
            .filter_map(|(name, value)| {
                let value = Value::new(Some(&origin), value.to_str());
                Some((name.to_str()?.to_owned(), value))
            })
            .collect(),
    )
}

/// Where and why a TOML text was refused, without the line itself, which may hold a secret.
fn without_content(error: &ConfigError) -> (String, String) {
    let cause = match error {
        ConfigError::FileParse { cause, .. } => cause.as_ref() as &dyn Error,
        other => other,
    }
    .to_string();
    let mut lines = cause.lines().map(str::trim).filter(|it| !it.is_empty());
    let first = lines.next().unwrap_or("unreadable");
    let place = first
        .split_once(" at ")
        .map(|(_, place)| place.replace(", ", " "));
    match place.zip(lines.next_back()) {
        Some((place, reason)) => (place, reason.to_owned()),
        None => ("working directory".to_owned(), first.to_owned()),
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(self.0.iter().cloned().collect())
    }

    fn collect_to(&self, cache: &mut Value) -> Result<(), ConfigError> {
        if let ValueKind::Table(table) = &mut cache.kind {
            table.extend(self.0.iter().cloned());
        }
        Ok(())
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}
