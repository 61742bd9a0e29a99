//! A connection to the server, before anything was said on it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::trouble::{Stage, Trouble, What};

/// The least time an address is given, however many there are.
const LEAST: Duration = Duration::from_secs(1);

/// A connection to the first address of `host` that answers, within `limit` for all of them.
pub(super) async fn dial(host: &str, port: u16, limit: Duration) -> Result<TcpStream, Trouble> {
    let addresses = addresses(host, port, limit).await?;
    let fair = limit / u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    let fair = fair.max(LEAST.min(limit));
    let mut last = None;
    for address in addresses {
        let what = match timeout(fair, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => What::Failed(format!("{host}:{port}: {error}")),
            Err(_) => What::Silent(fair),
        };
        last = Some(what);
    }
    let what = last.unwrap_or_else(|| What::Failed(format!("{host} has no address")));
    Err(Trouble {
        stage: Stage::Connect,
        what,
    })
}

async fn addresses(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, Trouble> {
    let what = match timeout(limit, lookup_host((host, port))).await {
        Ok(Ok(addresses)) => return Ok(addresses.collect()),
        Ok(Err(error)) => What::Failed(format!("{host}: {error}")),
        Err(_) => What::Silent(limit),
    };
    Err(Trouble {
        stage: Stage::Lookup,
        what,
    })
}
