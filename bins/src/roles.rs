//! What each program runs: one future for each thing that goes on, all stopped together.

mod of_tasks;
mod parts;
mod working;

use std::sync::Arc;

use adapters::clock::SystemClock;
use adapters::http::routes;
use adapters::http::server::{self, Drained, ServerLimits};
use domain::ports::{Clock, chain};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::arguments::NodeOptions;
use crate::commands::purge_all;
use crate::output::tell;
use crate::program::Failure;
use crate::settings::{Database, Settings};
use crate::shutdown::Stop;
use crate::ticker::introduce;
use crate::wiring::{Platform, new_worker};
pub use of_tasks::worker_of;
use parts::Parts;
use working::work;

/// Everything in one process.
///
/// # Errors
///
/// When it cannot begin, or when a part of it ends before the stop.
pub async fn everything(settings: Settings, stop: CancellationToken) -> Result<(), Failure> {
    let listener = listener(&settings).await?;
    let url = settings.api.public_url_at(listener.local_addr()?);
    let heading = format!("Backbeat {} listens on {url}", env!("CARGO_PKG_VERSION"));
    embedded(
        settings,
        Arc::new(SystemClock),
        listener,
        stop,
        |data, mail| {
            tell(&heading);
            tell(&format!("  data  {data}"));
            tell(&format!("  mail  {mail}"));
            tell(&format!("  try   curl {url}/albums/"));
            tell("        backbeat demo, for the whole story; backbeat --help, for the rest");
            tell("  stop  Ctrl-C");
        },
    )
    .await
}

/// Everything in one process, going by `clock` and answering on `listener`; calls `started`
/// with where the data and the mails are once it can be used.
pub(crate) async fn embedded(
    settings: Settings,
    clock: Arc<dyn Clock>,
    listener: TcpListener,
    stop: CancellationToken,
    started: impl FnOnce(&str, &str),
) -> Result<(), Failure> {
    let worker = new_worker();
    let address = listener.local_addr()?;
    let url = settings.api.public_url_at(address);
    let limits = limits(&settings);
    let (platform, writer) = Platform::open_at(settings, clock).await?;
    let mut parts = Parts::new(stop);
    let api = Arc::new(platform.api(&url)?);
    let mailing = platform.mailing()?;
    let runner = platform.runner(worker, platform.own_queues(), &url, &mailing)?;
    let (runner, node) = platform.seen(runner, &NodeOptions::default())?;
    let (housekeeper, ticker) = (platform.housekeeper(), platform.ticker()?);
    let relaying = platform.relaying(worker);
    parts.add("the api", |stop| serve(listener, api, limits, stop));
    let never = CancellationToken::new();
    parts.add("the worker", |stop| work(runner, node, stop, never));
    parts.add("the beat", |stop| ticker.run(stop, |_| {}));
    parts.add("the connections for mail", |stop| mailing.tidy(stop));
    parts.add("housekeeping", |stop| housekeeper.run(stop));
    if let Some(relaying) = relaying {
        parts.add("the relay", |stop| relaying.run(stop));
    }
    let (data, mail) = platform.places();
    started(&data, &mail);
    parts.run(writer).await
}

/// The HTTP API alone.
///
/// # Errors
///
/// As for [`everything`].
pub async fn api(settings: Settings, stop: CancellationToken) -> Result<(), Failure> {
    refuse_memory(&settings)?;
    let listener = listener(&settings).await?;
    let url = settings.api.public_url_at(listener.local_addr()?);
    let limits = limits(&settings);
    let (platform, writer) = Platform::open(settings).await?;
    let api = Arc::new(platform.api(&url)?);
    let mut parts = Parts::new(stop);
    parts.add("the api", |stop| serve(listener, api, limits, stop));
    tell(&format!("api listens on {url}"));
    parts.run(writer).await
}

/// The worker alone, as `options` say.
///
/// # Errors
///
/// As for [`everything`].
pub async fn worker(settings: Settings, options: NodeOptions, stop: Stop) -> Result<(), Failure> {
    refuse_memory(&settings)?;
    let NodeOptions { name, .. } = &options;
    let worker = new_worker();
    let concurrency = settings.worker.concurrency;
    let url = settings.api.public_url_at(settings.api.bind);
    if options.purge {
        purge_all(settings.clone(), &options.queues, &options.excluded).await?;
    }
    let (platform, writer) = Platform::open(settings).await?;
    let mailing = platform.mailing()?;
    let queues = platform.queues(&options.queues, &options.excluded)?;
    let runner = platform.runner(worker, queues, &url, &mailing)?;
    let (runner, node) = platform.seen(runner, &options)?;
    let housekeeper = platform.housekeeper();
    let (data, mail) = platform.places();
    let Stop { warm, cold } = stop;
    let mut parts = Parts::new(warm);
    tell(&format!(
        "{name} ready: {concurrency} tasks at once, data in {data}, mail {mail}"
    ));
    parts.add("the worker", |stop| work(runner, node, stop, cold));
    parts.add("the connections for mail", |stop| mailing.tidy(stop));
    parts.add("housekeeping", |stop| housekeeper.run(stop));
    if let Some(relaying) = platform.relaying(worker) {
        parts.add("the relay", |stop| relaying.run(stop));
    }
    parts.run(writer).await
}

/// The beat alone.
///
/// # Errors
///
/// As for [`everything`].
pub async fn beat(settings: Settings, stop: CancellationToken) -> Result<(), Failure> {
    refuse_memory(&settings)?;
    let (platform, writer) = Platform::open(settings).await?;
    let worker = new_worker();
    let sweeper = platform.sweeper(worker);
    let (housekeeper, ticker) = (platform.housekeeper(), platform.ticker()?);
    let mut parts = Parts::new(stop);
    parts.add("the beat", |stop| ticker.run(stop, introduce));
    parts.add("sweeping", |stop| sweeper.run(stop));
    parts.add("housekeeping", |stop| housekeeper.run(stop));
    if let Some(relaying) = platform.relaying(worker) {
        parts.add("the relay", |stop| relaying.run(stop));
    }
    parts.run(writer).await
}

async fn serve(
    listener: TcpListener,
    api: Arc<adapters::http::Api>,
    limits: ServerLimits,
    stop: CancellationToken,
) {
    let Drained { cut } = server::serve(listener, routes(api), limits, stop).await;
    if cut > 0 {
        tracing::warn!(
            cut,
            "{cut} connections were cut at the end of the grace period"
        );
    }
}

fn limits(settings: &Settings) -> ServerLimits {
    ServerLimits {
        connections: settings.api.max_connections,
        drain: settings.api_grace(),
        ..ServerLimits::default()
    }
}

async fn listener(settings: &Settings) -> Result<TcpListener, Failure> {
    let bound = server::bind(settings.api.bind).await;
    bound.map_err(|error| format!("{}; API_BIND chooses another address", chain(&error)).into())
}

/// A store in memory is one process's own: of several, each would see another.
fn refuse_memory(settings: &Settings) -> Result<(), Failure> {
    match settings.database {
        Database::Memory => Err("DATABASE_URL is in memory, which only `backbeat` can use: api, worker and beat would each see another database; \
                                 set DATABASE_URL=sqlite:///var/backbeat.sqlite3"
            .into()),
        Database::Sqlite(_) | Database::Postgres(_) => Ok(()),
    }
}
