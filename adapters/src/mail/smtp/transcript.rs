//! What is said between us and the server, for people to read.

use std::sync::Arc;

/// Who says a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// We do.
    Client,
    /// The server does.
    Server,
    /// Nobody: it is what happens beside the words, such as encryption.
    Nobody,
}

/// Hears every line of a conversation, without its end; secrets are masked and mails
/// summed up before. It is called between the steps of the conversation and holds them up.
pub type Transcript = Arc<dyn Fn(Speaker, &str) + Send + Sync>;
