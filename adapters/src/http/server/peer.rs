//! Who is on the other end of the connection.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use warp::Filter;

/// The other end of a request's connection, as the system says and not the client.
///
/// An IPv4 client of an IPv6 socket has its IPv4 address. Behind a reverse proxy this is
/// the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address; `0.0.0.0` for a request that came through no server of ours, as in
    /// tests without a socket.
    pub address: IpAddr,
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self {
            address: address.ip().to_canonical(),
        }
    }
}

/// Extracts the [`Peer`] that [`serve`](super::serve) put beside the request, where no
/// header reaches.
///
/// It stands in for `warp::addr::remote()`, which only warp's own server can fill.
pub fn peer() -> impl Filter<Extract = (Peer,), Error = Infallible> + Copy {
    warp::ext::optional::<Peer>().map(|peer: Option<Peer>| {
        peer.unwrap_or(Peer {
            address: Ipv4Addr::UNSPECIFIED.into(),
        })
    })
}
