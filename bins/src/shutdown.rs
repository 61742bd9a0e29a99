//! Stops a program in order at the first signal, and less patiently at those that follow.

use std::time::Duration;
use std::{io, process};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How a program is asked to stop.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// Cancelled first: what runs is to be finished.
    pub warm: CancellationToken,
    /// Cancelled when that is not to be waited for any more: what runs is to be given back.
    pub cold: CancellationToken,
}

/// What becomes of a program that is asked again to stop.
#[derive(Clone, Copy, Debug)]
pub enum Insistence {
    /// It ends at once.
    Ends,
    /// It stops coldly; asked a third time, it ends at once.
    Cools {
        /// How long it waits before that.
        after: Duration,
        /// Whether SIGTERM does what SIGQUIT does.
        at_sigterm: bool,
    },
}

/// A stop that signals cancel.
///
/// The first signal, be it SIGINT, SIGTERM or SIGQUIT, stops warmly. Another one does what
/// `insistence` says, and so does SIGQUIT by itself. What ends the process at once exits with
/// 130 (SIGINT), 143 (SIGTERM) or 131 (SIGQUIT) and runs no destructors.
///
/// Signals are caught as soon as this returns. A token cancelled for another reason leaves the
/// signals as they are. To be called once, inside of a runtime.
///
/// # Errors
///
/// When the system does not let signals be caught.
pub fn on_signal(insistence: Insistence) -> io::Result<Stop> {
    let signals = Signals::catch()?;
    let stop = Stop::default();
    tokio::spawn(obey(signals, stop.clone(), insistence));
    Ok(stop)
}

async fn obey(mut signals: Signals, stop: Stop, insistence: Insistence) {
    let first = signals.next().await;
    info!(
        "{} received: finishing what runs; press again to stop at once",
        first.name
    );
    stop.warm.cancel();
    if let Insistence::Cools { after, at_sigterm } = insistence {
        let is_cold = first.name == QUIT || (at_sigterm && first.name == TERMINATE);
        if !is_cold {
            let second = signals.next().await;
            info!("{} received, too", second.name);
        }
        if !after.is_zero() {
            let seconds = after.as_secs_f64();
            warn!("what still runs in {seconds} s is given back; press again to do so now");
            let _ = timeout(after, signals.next()).await;
        }
        warn!("giving back what runs: others will do it");
        stop.cold.cancel();
    }
    let last = signals.next().await;
    warn!("{} received again: stopping at once", last.name);
    process::exit(last.exit_code);
}

const QUIT: &str = "SIGQUIT";
const TERMINATE: &str = "SIGTERM";

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    quit: Signal,
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
            quit: signal(SignalKind::quit())?,
        })
    }

    async fn next(&mut self) -> Received {
        tokio::select! {
            _ = self.interrupt.recv() => Received { name: "SIGINT", exit_code: 130 },
            _ = self.terminate.recv() => Received { name: TERMINATE, exit_code: 143 },
            _ = self.quit.recv() => Received { name: QUIT, exit_code: 131 },
        }
    }
}
