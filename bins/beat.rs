//! Keeps house.

use std::process::ExitCode;

use bins::arguments::Beat;
use bins::{program, roles};
use clap::Parser;

fn main() -> ExitCode {
    let Beat { log } = Beat::parse();
    program::run(
        "beat",
        |settings| program::log_at(settings, log.level),
        roles::beat,
    )
}
