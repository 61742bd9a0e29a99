//! The commands of an operator.

mod create_admin;
mod demo;
mod inspect;
mod restore_unacked;
mod send_test_mail;
mod tasks;

pub use create_admin::create_admin;
pub use demo::demo;
pub use inspect::inspect;
pub use restore_unacked::restore_unacked;
pub use send_test_mail::send_test_mail;
pub(crate) use tasks::purge_all;
pub use tasks::{purge, requeue};

use std::io::{self, Write};

use tokio_util::sync::CancellationToken;

use crate::arguments::Command;
use crate::output::tell;
use crate::program::Failure;
use crate::settings::{LogLevel, Settings};
use crate::wiring::{Platform, StoreWriter};

/// How loudly `command` logs when nothing is said: its output is its answer.
pub fn log_level(command: &Command) -> LogLevel {
    match command {
        // That a month is gone is part of the story.
        Command::Demo => LogLevel::ERROR,
        _ => LogLevel::WARN,
    }
}

/// Brings the database to the form this version needs.
///
/// # Errors
///
/// When it cannot be opened or is of a newer version.
pub async fn migrate(settings: Settings) -> Result<(), Failure> {
    let (platform, _) = Platform::open(settings).await?;
    tell(&format!(
        "{} is ready for this version",
        platform.places().0
    ));
    Ok(())
}

/// Runs `command` while `writer` writes, and ends the writer after it.
async fn beside<T>(writer: StoreWriter, command: impl Future<Output = T>) -> T {
    let stop = CancellationToken::new();
    let command = async {
        let outcome = command.await;
        stop.cancel();
        outcome
    };
    let (outcome, ()) = tokio::join!(command, writer.run(stop.clone()));
    outcome
}

/// Whether the operator is sure, after hearing what will happen.
fn is_sure(what_happens: &str) -> io::Result<bool> {
    let mut console = io::stdout().lock();
    write!(console, "{what_happens} Are you sure? (yes/no) ")?;
    console.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}
