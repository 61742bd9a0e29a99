//! What a scripted mail server offers, and what it does where.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rustls::ServerConfig;

/// The only user.
pub const USER: &str = "ada@music.example";
/// The user's password.
pub const PASSWORD: &str = "open sesame";

/// Where in a conversation the server acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The first line.
    Greeting,
    /// The answer to `EHLO`.
    Ehlo,
    /// The answer to `HELO`.
    Helo,
    /// The answer to `STARTTLS`.
    StartTls,
    /// The answer to `AUTH`.
    Auth,
    /// The answer to `MAIL`.
    Mail,
    /// The answer to `RCPT`.
    Rcpt,
    /// The answer to `DATA`.
    Data,
    /// The first bytes of the text.
    Text,
    /// The answer to the final dot.
    Dot,
    /// The answer to `RSET`.
    Rset,
}

/// What the server does instead of the usual.
#[derive(Clone, Debug)]
pub enum Act {
    /// It answers this, which may have several lines.
    Say(String),
    /// It answers this and closes the connection.
    SayAndClose(String),
    /// It closes the connection.
    Close,
    /// It says nothing any more, and reads nothing.
    Stall,
}

impl Act {
    /// It answers `line`.
    pub fn say(line: &str) -> Self {
        Self::Say(line.to_owned())
    }

    /// It answers `line` and closes the connection.
    pub fn say_and_close(line: &str) -> Self {
        Self::SayAndClose(line.to_owned())
    }
}

/// What a server offers, and what it does where.
#[derive(Clone, Default)]
pub struct Script {
    pub(crate) offers: Vec<String>,
    pub(crate) wants_login: bool,
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) is_encrypted_at_once: bool,
    pub(crate) forgets_mails: bool,
    unknown: Option<String>,
    once: BTreeMap<Step, VecDeque<Act>>,
    always: BTreeMap<Step, Act>,
}

impl Script {
    /// Takes every mail from everybody, and offers nothing but `offers`.
    pub fn offering(offers: &[&str]) -> Self {
        Self {
            offers: offers.iter().map(|offer| (*offer).to_owned()).collect(),
            ..Self::default()
        }
    }

    /// Takes every mail from everybody, and offers what today's servers offer.
    pub fn usual() -> Self {
        Self::offering(&["PIPELINING", "SIZE 35882577", "8BITMIME", "SMTPUTF8"])
    }

    /// Takes mails only from [`USER`], who may log in by each of `mechanisms`.
    #[must_use]
    pub fn with_login(mut self, mechanisms: &str) -> Self {
        self.offers.push(format!("AUTH {mechanisms}"));
        self.wants_login = true;
        self
    }

    /// Offers `STARTTLS`, and hides the login until then.
    #[must_use]
    pub fn with_starttls(mut self, tls: Arc<ServerConfig>) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Is encrypted from the first byte.
    #[must_use]
    pub fn encrypted_at_once(mut self, tls: Arc<ServerConfig>) -> Self {
        self.is_encrypted_at_once = true;
        self.tls = Some(tls);
        self
    }

    /// Keeps neither mails nor commands, to be fast.
    #[must_use]
    pub fn forgetting_mails(mut self) -> Self {
        self.forgets_mails = true;
        self
    }

    /// Knows no mailbox of this address, and so takes no mail for it, ever.
    #[must_use]
    pub fn without_mailbox(mut self, address: &str) -> Self {
        self.unknown = Some(address.to_owned());
        self
    }

    /// Does `act` at `step`, always.
    #[must_use]
    pub fn always(mut self, step: Step, act: Act) -> Self {
        self.always.insert(step, act);
        self
    }

    /// Does `act` at the next `step`, before what it always does; several come in turn.
    #[must_use]
    pub fn once(mut self, step: Step, act: Act) -> Self {
        self.once.entry(step).or_default().push_back(act);
        self
    }

    /// The answer to `RCPT` for this address, if nothing else is to be done there.
    pub(crate) fn answer_to(&self, recipient: &str) -> &'static str {
        if self.unknown.as_deref() == Some(recipient) {
            "550 5.1.1 No such mailbox"
        } else {
            "250 2.1.5 OK"
        }
    }

    /// What to do at `step` now; `None` is the usual.
    pub(crate) fn next(&mut self, step: Step) -> Option<Act> {
        let once = self.once.get_mut(&step).and_then(VecDeque::pop_front);
        once.or_else(|| self.always.get(&step).cloned())
    }
}
