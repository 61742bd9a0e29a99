//! Runs tasks.

use std::process::ExitCode;

use bins::arguments::{CommandLine as _, Worker};
use bins::settings::Sources;
use bins::{program, roles};

fn main() -> ExitCode {
    let worker = Worker::of_this_process();
    program::run_worker(
        &Sources::of_this_process(),
        "worker",
        |settings| worker.adjust(settings),
        async |settings, stop| roles::worker(settings, worker.clone().into_options(), stop).await,
    )
}
