//! Celery's wire: an envelope as a message of protocol 2, and any message as an envelope.
//!
//! Nothing here reads or writes anything; whatever bytes come in, they are understood or
//! refused, within bounds of time and memory. Nothing that a message says is ever executed.

mod binding;
mod body;
pub mod canvas;
pub mod control;
mod encode;
pub mod events;
mod exception;
mod headers;
mod lists;
mod message;
mod moment;
mod outgoing;
mod protocol_one;
mod refusal;
pub(super) mod repr;
mod results;
mod signature;
mod transient;
mod unacked;

pub(super) use self::binding::binding;
pub use self::encode::{Sent, encode};
pub use self::exception::Exception;
pub use self::lists::{STEPS, list_of, step_of};
pub use self::message::{Received, decode};
pub use self::moment::{read_moment, write_moment};
pub use self::outgoing::{Compression, Outgoing};
pub use self::refusal::Refusal;
pub use self::results::{Extended, Part, ResultDocument, ResultState, Stored, read_stored};
pub use self::signature::{Chord, Shape, Signature};
pub use self::transient::MOST_TRANSIENT;
pub use self::unacked::Unacked;

/// How long a message may be: Python's tasks may be given a megabyte, which is more in base64.
pub const MOST_MESSAGE: usize = 2 * 1024 * 1024;
/// How long its body may be once inflated.
pub const MOST_INFLATED: usize = 4 * 1024 * 1024;
/// How deep its headers may be nested.
pub const MOST_DEPTH: usize = 64;
