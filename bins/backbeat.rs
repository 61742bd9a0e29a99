//! Everything in one process, and the commands of an operator.

use std::process::ExitCode;

use bins::arguments::{Backbeat, Command, CommandLine as _};
use bins::settings::Sources;
use bins::{commands, program, roles};

fn main() -> ExitCode {
    let Backbeat { command, log } = Backbeat::of_this_process();
    let level = log.level.or(command.as_ref().map(commands::log_level));
    // The demo tells the same story whatever is set.
    let sources = match command {
        Some(Command::Demo) => Sources::default(),
        _ => Sources::of_this_process(),
    };
    program::run(
        &sources,
        "backbeat",
        |settings| program::log_at(settings, level),
        async |settings, stop| match command {
            // As large as all that it runs.
            None => Box::pin(roles::everything(settings, stop)).await,
            Some(Command::Demo) => Box::pin(commands::demo(settings, stop)).await,
            Some(Command::Migrate) => commands::migrate(settings).await,
            Some(Command::CreateAdmin(admin)) => commands::create_admin(settings, admin).await,
            Some(Command::SendTestMail { address }) => {
                commands::send_test_mail(settings, address).await
            }
            Some(Command::Inspect(how)) => commands::inspect(settings, how).await,
            Some(Command::Requeue { id }) => commands::requeue(settings, id).await,
            Some(Command::RestoreUnacked { force }) => {
                commands::restore_unacked(settings, force).await
            }
            Some(Command::Purge { queue, force }) => commands::purge(settings, queue, force).await,
        },
    )
}
