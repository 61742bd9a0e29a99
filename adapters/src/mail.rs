//! Where mails go: into files, onto the console, or into memory.
//!
//! Every mailer composes the same bytes ([`Composer`]); they differ in what the last
//! step is.

mod composer;
mod console;
mod files;
mod memory;

pub use composer::{Composer, SenderError};
pub use console::ConsoleMailer;
pub use files::{FileMailer, OpenMailFolderError};
pub use memory::{MemoryMailer, SentMail};
