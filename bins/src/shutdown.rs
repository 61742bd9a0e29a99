//! Stops a program in order at the first signal, and at once at the second.

use std::{io, process};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// A token that the first SIGINT or SIGTERM cancels; the second ends the process.
///
/// Signals are caught as soon as this returns. The second one ends the process with 130
/// (SIGINT) or 143 (SIGTERM) and runs no destructors. A token cancelled for another reason
/// leaves the signals as they are. To be called once, inside of a runtime.
///
/// # Errors
///
/// When the system does not let signals be caught.
pub fn on_signal() -> io::Result<CancellationToken> {
    let mut signals = Signals::catch()?;
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        let first = signals.next().await;
        info!(
            "{} received: finishing what runs; press again to stop at once",
            first.name
        );
        stopped.cancel();
        let second = signals.next().await;
        warn!("{} received again: stopping at once", second.name);
        process::exit(second.exit_code);
    });
    Ok(stop)
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

struct Received {
    name: &'static str,
    exit_code: i32,
}

impl Signals {
    fn catch() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Received {
        tokio::select! {
            _ = self.interrupt.recv() => Received { name: "SIGINT", exit_code: 130 },
            _ = self.terminate.recv() => Received { name: "SIGTERM", exit_code: 143 },
        }
    }
}
