//! Reads the command line of a program; what Celery has there and means nothing here is refused.

use std::env;
use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Error, Parser};

use super::refused::Refusals;

/// What can be said on the command line of a program.
pub trait CommandLine: Parser {
    /// What people who come from Celery may say, and is refused.
    const REFUSED: Refusals;

    /// What was said to this process. Wrong words end it with 2 and are told on standard error;
    /// asked for help or its version, it ends with 0.
    fn of_this_process() -> Self {
        Self::read(env::args_os()).unwrap_or_else(|error| error.exit())
    }

    /// What `words` say; the first is the name of the program.
    ///
    /// # Errors
    ///
    /// When there is more to say than that: what is wrong with the words, what is refused, the
    /// help or the version.
    fn read<W>(words: impl IntoIterator<Item = W>) -> Result<Self, Error>
    where
        W: Into<OsString> + Clone,
    {
        let mut command = Self::REFUSED.understood_by(Self::command());
        let matches = command.try_get_matches_from_mut(words)?;
        let refused: Vec<String> = Self::REFUSED.within(&matches).collect();
        if !refused.is_empty() {
            let words = refused.join("\nerror: ") + "\n";
            // Nothing of the command goes with it: clap would add how the program is used.
            return Err(Error::raw(ErrorKind::ArgumentConflict, words));
        }
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}
