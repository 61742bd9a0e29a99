//! How every program begins and ends.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use domain::ports::chain;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::settings::{LogLevel, Settings, Sources};
use crate::shutdown::{Insistence, Stop};
use crate::{shutdown, telemetry};

/// The exit code for settings that cannot be used (`EX_CONFIG` of sysexits).
const BAD_SETTINGS: u8 = 78;

/// Why a program ends otherwise than well; told in one line.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Reads the settings that `sources` give, begins to log, and runs `main` until it ends or a
/// signal stops it.
///
/// `adjust` lets command-line arguments override settings. Exits with 0 when `main` is
/// done, with 78 when settings are wrong, with 1 when anything else is.
pub fn run(
    sources: &Sources,
    name: &str,
    adjust: impl FnOnce(&mut Settings),
    main: impl AsyncFnOnce(Settings, CancellationToken) -> Result<(), Failure>,
) -> ExitCode {
    let insistence = |_: &Settings| Insistence::Ends;
    let main = async |settings, stop: Stop| main(settings, stop.warm).await;
    start(sources, name, adjust, insistence, main)
}

/// Like [`run`], for a program that can give back what runs: asked again to stop it does, and
/// exits with 1 then.
pub fn run_worker(
    sources: &Sources,
    name: &str,
    adjust: impl FnOnce(&mut Settings),
    main: impl AsyncFnOnce(Settings, Stop) -> Result<(), Failure>,
) -> ExitCode {
    let insistence = |settings: &Settings| Insistence::Cools {
        after: settings.node.soft_shutdown,
        at_sigterm: settings.node.sigterm_is_cold,
    };
    let main = async |settings, stop: Stop| {
        let cold = stop.cold.clone();
        main(settings, stop).await?;
        if cold.is_cancelled() {
            return Err("stopped coldly: what ran was given back".into());
        }
        Ok(())
    };
    start(sources, name, adjust, insistence, main)
}

/// Lets `-l` on the command line win over `LOG_LEVEL`; `RUST_LOG` wins over both.
pub fn log_at(settings: &mut Settings, level: Option<LogLevel>) {
    if let Some(level) = level {
        settings.log.level = level;
    }
}

fn start(
    sources: &Sources,
    name: &str,
    adjust: impl FnOnce(&mut Settings),
    insistence: impl FnOnce(&Settings) -> Insistence,
    main: impl AsyncFnOnce(Settings, Stop) -> Result<(), Failure>,
) -> ExitCode {
    let mut settings = match Settings::from_sources(sources) {
        Ok(settings) => settings,
        Err(error) => {
            complain(&format!("{name} cannot start:\n{error}"));
            return ExitCode::from(BAD_SETTINGS);
        }
    };
    adjust(&mut settings);
    let insistence = insistence(&settings);
    match until_stopped(settings, insistence, main) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{name}: {}", chain(error.as_ref())));
            ExitCode::FAILURE
        }
    }
}

fn until_stopped(
    settings: Settings,
    insistence: Insistence,
    main: impl AsyncFnOnce(Settings, Stop) -> Result<(), Failure>,
) -> Result<(), Failure> {
    telemetry::init(&settings.log)?;
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    Runtime::new()?.block_on(async {
        let stop = shutdown::on_signal(insistence)?;
        main(settings, stop).await
    })
}

fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
