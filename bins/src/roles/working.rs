//! Lets a runner work until it is stopped, be it warmly or coldly, and Celery see it.

use std::future::pending;

use adapters::runner::Runner;
use tokio_util::sync::CancellationToken;

use crate::wiring::CeleryNode;

/// Runs tasks until `stop`, seen by Celery as `node` if it is seen at all; once `cold` is
/// cancelled, what still runs is given back at once.
pub(super) async fn work(
    runner: Runner,
    node: Option<CeleryNode>,
    stop: CancellationToken,
    cold: CancellationToken,
) {
    let work = until_stopped(runner, stop, cold);
    match node {
        Some(node) => Box::pin(node.beside(work)).await,
        None => work.await,
    }
}

async fn until_stopped(runner: Runner, stop: CancellationToken, cold: CancellationToken) {
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
