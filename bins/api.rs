//! The HTTP API.

use std::process::ExitCode;

use bins::arguments::Api;
use bins::settings::Sources;
use bins::{program, roles};
use clap::Parser;

fn main() -> ExitCode {
    let Api { log } = Api::parse();
    program::run(
        &Sources::of_this_process(),
        "api",
        |settings| program::log_at(settings, log.level),
        roles::api,
    )
}
