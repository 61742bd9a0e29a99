//! What stops a mail on its way to the server, and at which stage.

use std::fmt;
use std::io;
use std::time::Duration;

use super::reply::Reply;

/// Where in the conversation we are, from the first stage to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// The server's name is looked up.
    Lookup,
    /// A connection is made.
    Connect,
    /// The server says who it is.
    Greeting,
    /// We say who we are.
    Hello,
    /// Encryption is asked for.
    StartTls,
    /// Encryption is agreed upon.
    Handshake,
    /// We log in.
    Login,
    /// What an earlier mail has left is forgotten.
    Reset,
    /// The sender is named: the same for every mail.
    Sender,
    /// The recipient is named.
    Recipient,
    /// The mail is announced.
    Data,
    /// The mail is handed over.
    Body,
    /// The final dot, which makes the mail the server's.
    Dot,
}

/// The name of the stage, as people who know SMTP call it.
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lookup => "name look-up",
            Self::Connect => "connection",
            Self::Greeting => "greeting",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Handshake => "TLS handshake",
            Self::Login => "AUTH",
            Self::Reset => "RSET",
            Self::Sender => "MAIL",
            Self::Recipient => "RCPT",
            Self::Data => "DATA",
            Self::Body => "body",
            Self::Dot => "final dot",
        })
    }
}

/// What stops a mail, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Where.
    pub(super) stage: Stage,
    /// What.
    pub(super) what: What,
}

/// What stops a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The server says no.
    Refused(Reply),
    /// The server says nothing for so long.
    Silent(Duration),
    /// The server hangs up.
    Closed,
    /// Something else, which would stop every mail here.
    Failed(String),
    /// This mail does not fit through this server.
    Unfit(String),
}

impl Trouble {
    pub(super) fn failed(stage: Stage, why: impl Into<String>) -> Self {
        let what = What::Failed(why.into());
        Self { stage, what }
    }

    pub(super) fn unfit(stage: Stage, why: impl Into<String>) -> Self {
        let what = What::Unfit(why.into());
        Self { stage, what }
    }

    /// Whether the server goes on listening to whoever got into this trouble.
    pub(super) fn leaves_the_connection_alive(&self) -> bool {
        match &self.what {
            What::Refused(reply) => reply.code != 421,
            What::Unfit(_) => true,
            What::Silent(_) | What::Closed | What::Failed(_) => false,
        }
    }

    /// Whether it may come from the server having closed an idle connection.
    pub(super) fn may_be_of_a_stale_connection(&self) -> bool {
        self.stage == Stage::Reset || !self.leaves_the_connection_alive()
    }
}

impl What {
    /// A stream that failed with `error`.
    pub(super) fn broken(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(error.to_string()),
        }
    }
}
