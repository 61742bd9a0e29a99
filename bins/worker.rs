//! Runs tasks.

use std::process::ExitCode;

use bins::arguments::Worker;
use bins::settings::Sources;
use bins::{program, roles};
use clap::Parser;

fn main() -> ExitCode {
    let worker = Worker::parse();
    program::run_worker(
        &Sources::of_this_process(),
        "worker",
        |settings| worker.adjust(settings),
        async |settings, stop| roles::worker(settings, worker.clone().into_options(), stop).await,
    )
}
