//! Keeps house.

use std::process::ExitCode;

use bins::arguments::{Beat, CommandLine as _};
use bins::settings::Sources;
use bins::{program, roles};

fn main() -> ExitCode {
    let Beat { log } = Beat::of_this_process();
    program::run(
        &Sources::of_this_process(),
        "beat",
        |settings| program::log_at(settings, log.level),
        roles::beat,
    )
}
