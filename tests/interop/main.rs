//! A worker, a producer and a beat of a deployment's own, built on the public parts of the crates
//! alone: the tests hold them against the real Celery.

mod beat;
mod producer;
mod sources;
mod tasks;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What the tests hold against the real Celery.
#[derive(Debug, Parser)]
#[command(name = "interop", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the tasks of the contract.
    Worker(worker::Worker),
    /// Sends what it reads, line by line.
    Produce(producer::Produce),
    /// Sends what a file of entries says when it is due.
    Beat(beat::Beat),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Worker(worker) => worker.run(),
        Command::Produce(produce) => produce.run(),
        Command::Beat(beat) => beat.run(),
    }
}
