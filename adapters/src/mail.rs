//! Where mails go: to a mail server, into files, onto the console, or into memory.
//!
//! Every mailer composes the same bytes ([`Composer`]); they differ in what the last
//! step is.

mod composer;
mod console;
mod files;
mod memory;
mod smtp;

pub use composer::{Composer, SenderError};
pub use console::ConsoleMailer;
pub use files::{FileMailer, OpenMailFolderError};
pub use memory::{MemoryMailer, SentMail};
pub use smtp::{
    Credentials, Secret, Security, SmtpMailer, SmtpServer, Speaker, Transcript, Trust, TrustError,
};
