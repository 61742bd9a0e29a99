//! Takes a port, or says in one line why not.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use tokio::net::TcpListener;

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another program listens there.
    #[error("{0} is taken by another program")]
    Taken(SocketAddr),
    /// This user may not listen there; ports below 1024 often want more rights.
    #[error("no permission to listen on {0}")]
    Forbidden(SocketAddr),
    /// No network interface of this machine has the address.
    #[error("{0} is no address of this machine")]
    Elsewhere(SocketAddr),
    /// Anything else the system may say.
    #[error("cannot listen on {address}")]
    Other {
        /// Where it was tried.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// Listens on `address`; port 0 is any free one, which `local_addr` then tells.
///
/// After `Ok` clients can connect already, though nobody answers before
/// [`serve`](super::serve).
///
/// # Errors
///
/// Each names the address.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| match source.kind() {
            ErrorKind::AddrInUse => BindError::Taken(address),
            ErrorKind::PermissionDenied => BindError::Forbidden(address),
            ErrorKind::AddrNotAvailable => BindError::Elsewhere(address),
            _ => BindError::Other { address, source },
        })
}
