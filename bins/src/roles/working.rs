//! Lets a runner work until it is stopped, be it warmly or coldly.

use std::future::pending;

use adapters::runner::Runner;
use tokio_util::sync::CancellationToken;

/// Runs tasks until `stop`; once `cold` is cancelled, what still runs is given back at once.
pub(super) async fn work(runner: Runner, stop: CancellationToken, cold: CancellationToken) {
    let controls = runner.controls();
    let cutting = async {
        cold.cancelled().await;
        controls.cut_short();
        pending::<()>().await;
    };
    tokio::select! {
        () = runner.run(stop) => {}
        () = cutting => {}
    }
}
