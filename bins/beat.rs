//! Keeps house.

use std::process::ExitCode;

use bins::arguments::Beat;
use bins::settings::Sources;
use bins::{program, roles};
use clap::Parser;

fn main() -> ExitCode {
    let Beat { log } = Beat::parse();
    program::run(
        &Sources::of_this_process(),
        "beat",
        |settings| program::log_at(settings, log.level),
        roles::beat,
    )
}
