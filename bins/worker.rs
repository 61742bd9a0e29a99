//! Runs tasks.

use std::process::ExitCode;

use bins::arguments::Worker;
use bins::{program, roles};
use clap::Parser;

fn main() -> ExitCode {
    let Worker {
        concurrency,
        queues,
        hostname,
        log,
    } = Worker::parse();
    program::run(
        "worker",
        |settings| {
            program::log_at(settings, log.level);
            if let Some(concurrency) = concurrency {
                settings.worker.concurrency = concurrency.into();
            }
        },
        async |settings, stop| roles::worker(settings, &queues, &hostname, stop).await,
    )
}
