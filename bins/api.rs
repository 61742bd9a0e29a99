//! The HTTP API.

use std::process::ExitCode;

use bins::arguments::{Api, CommandLine as _};
use bins::settings::Sources;
use bins::{program, roles};

fn main() -> ExitCode {
    let Api { log } = Api::of_this_process();
    program::run(
        &Sources::of_this_process(),
        "api",
        |settings| program::log_at(settings, log.level),
        roles::api,
    )
}
