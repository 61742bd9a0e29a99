//! The texts that settings are read from, before anybody has looked at them.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::{env, fs};

use super::problem::Problem;

/// The name of the file that holds what neither `.env` nor the environment says.
pub const TOML_FILE: &str = "backbeat.toml";

/// The name of the file that stands in for the environment.
pub const DOTENV_FILE: &str = ".env";

/// The environment and the two files, each of which may be missing.
///
/// It has no `Debug` form, for it holds secrets.
#[derive(Clone, Default)]
pub struct Sources {
    pub(super) environment: Vec<(OsString, OsString)>,
    pub(super) dotenv: Option<Vec<u8>>,
    pub(super) toml: Option<Vec<u8>>,
    pub(super) unreadable: Vec<Problem>,
}

impl Sources {
    /// The environment of this process, and the files in its working directory.
    pub fn of_this_process() -> Self {
        Self::default()
            .with_environment(env::vars_os())
            .with_files_of(Path::new(""))
    }

    /// The same with the files that lie in `directory`.
    ///
    /// A file that exists and cannot be read is kept in mind as a problem.
    #[must_use]
    pub fn with_files_of(mut self, directory: &Path) -> Self {
        self.dotenv = self.file(directory, DOTENV_FILE);
        self.toml = self.file(directory, TOML_FILE);
        self
    }

    /// The same with these variables instead of the ones before.
    #[must_use]
    pub fn with_environment<N, V>(self, pairs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<OsString>,
        V: Into<OsString>,
    {
        let pairs = pairs
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        Self {
            environment: pairs.collect(),
            ..self
        }
    }

    /// The same with this content of `.env`.
    #[must_use]
    pub fn with_dotenv(self, content: impl Into<Vec<u8>>) -> Self {
        Self {
            dotenv: Some(content.into()),
            ..self
        }
    }

    /// The same with this content of `backbeat.toml`.
    #[must_use]
    pub fn with_toml(self, content: impl Into<Vec<u8>>) -> Self {
        Self {
            toml: Some(content.into()),
            ..self
        }
    }

    fn file(&mut self, directory: &Path, name: &str) -> Option<Vec<u8>> {
        match fs::read(directory.join(name)) {
            Ok(content) => Some(content),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                self.unreadable.push(Problem {
                    setting: name.to_owned(),
                    origin: "working directory".to_owned(),
                    complaint: format!("cannot be read: {error}; mend or remove it"),
                });
                None
            }
        }
    }
}
