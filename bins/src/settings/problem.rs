//! What is wrong with the settings, all of it at once.

use std::fmt;

use super::dotenv;

/// One thing that keeps a program from starting, said so that it can be put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The name of the setting, or of the file that cannot be read.
    pub setting: String,
    /// Where it was set: `environment`, `.env line 7`, `backbeat.toml`.
    pub origin: String,
    /// What is wrong and how to mend it. Never holds the value of a secret.
    pub complaint: String,
}

/// Everything that keeps a program from starting.
///
/// `Display` is one line per problem, followed by the lines of `.env` that look wrong,
/// for they may explain a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// At least one.
    pub problems: Vec<Problem>,
    /// Oddities of `.env` that would not have stopped the program by themselves.
    pub warnings: Vec<dotenv::Warning>,
}

/// What looks odd about the settings and stops nobody, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A line of `.env`.
    Line(dotenv::Warning),
    /// A setting that changes nothing.
    Setting(Problem),
    /// What was said on the command line.
    CommandLine(&'static str),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.setting, self.origin, self.complaint)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => line.fmt(f),
            Self::Setting(remark) => remark.fmt(f),
            Self::CommandLine(remark) => f.write_str(remark),
        }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problems = self.problems.iter().map(ToString::to_string);
        let warnings = self.warnings.iter().map(ToString::to_string);
        f.write_str(&problems.chain(warnings).collect::<Vec<_>>().join("\n"))
    }
}

impl std::error::Error for SettingsError {}
