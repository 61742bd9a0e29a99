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

#[cfg(test)]
mod tests {
    use std::env;
    use std::future::pending;
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Child, Command, Stdio};

    use super::*;

    #[test]
    fn the_first_signal_asks_and_the_second_ends() {
        for (first, second, code) in [("TERM", "TERM", 143), ("TERM", "INT", 130)] {
            let mut child = Command::new(env::current_exe().expect("this program"))
                .args([
                    "--ignored",
                    "--exact",
                    "shutdown::tests::a_program_that_does_not_stop",
                    "--nocapture",
                ])
                .stdout(Stdio::piped())
                .spawn()
                .expect("it starts");
            let mut lines = BufReader::new(child.stdout.take().expect("a pipe"))
                .lines()
                .map_while(Result::ok);

            assert!(lines.any(|it| it.ends_with("catching")));
            send(first, &child);
            assert!(lines.any(|it| it.ends_with("asked to stop")));
            send(second, &child);
            assert_eq!(child.wait().expect("it ends").code(), Some(code));
        }
    }

    fn send(signal: &str, to: &Child) {
        let sent = Command::new("kill")
            .args(["-s", signal, &to.id().to_string()])
            .status();
        assert!(sent.expect("kill is there").success());
    }

    #[tokio::test]
    #[ignore = "the test above runs it in a process of its own"]
    async fn a_program_that_does_not_stop() {
        let tell = |what: &str| writeln!(io::stdout(), "{what}").expect("somebody listens");
        let stop = on_signal().expect("signals can be caught");
        tell("catching");
        stop.cancelled().await;
        tell("asked to stop");
        pending::<()>().await;
    }
}
