//! Why a message is not understood.

use domain::model::ValueError;

use super::{MOST_DEPTH, MOST_INFLATED, MOST_MESSAGE};

/// Why a message is not understood. It is kept as it came, for a person to look at.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is longer than any message of use.
    #[error("the message is {0} bytes long; {MOST_MESSAGE} are read")]
    TooLong(usize),
    /// It is not the JSON that Celery writes.
    #[error("the message is not in Celery's form: {0}")]
    Form(#[source] serde_json::Error),
    /// It is nested deeper than anything of use.
    #[error("the message is nested deeper than {MOST_DEPTH} levels")]
    TooDeep,
    /// It names no task, neither as protocol 2 does nor as protocol 1.
    #[error("the message names no task")]
    NoTask,
    /// A name in it breaks the rule for names.
    #[error("the {what} of the message {error}")]
    Name {
        /// Which name.
        what: &'static str,
        /// Which rule.
        error: ValueError,
    },
    /// Its arguments are in a form that is not read.
    #[error(
        "the content type {0:?} is not accepted: arguments are read from JSON alone, and never executed"
    )]
    ContentType(String),
    /// Its body is wrapped in a way that is not known.
    #[error("the body encoding {0:?} is not known")]
    BodyEncoding(String),
    /// Its body is not the base64 it says it is.
    #[error("the body is not base64: {0}")]
    Base64(#[source] base64::DecodeError),
    /// Its body is packed in a way that is not read.
    #[error("the compression {0:?} is not accepted: gzip, zlib, bzip2 and lzma are")]
    Compression(String),
    /// Its body cannot be unpacked.
    #[error("the body cannot be unpacked: {0}")]
    Unpacking(#[source] std::io::Error),
    /// Its body is longer than anything of use once it is unpacked.
    #[error("the body is longer than {MOST_INFLATED} bytes once it is unpacked")]
    InflatedTooLong,
    /// It says when in words that are no instant.
    #[error("the {header} {text:?} is not an instant")]
    Moment {
        /// Which header.
        header: &'static str,
        /// What it says.
        text: String,
    },
    /// It is a command that nobody can obey.
    #[error("the command cannot be obeyed: {0}")]
    Command(&'static str),
}
