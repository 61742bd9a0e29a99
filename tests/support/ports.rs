//! Ports of loopback that stay free until whoever was told of one listens there.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Well-known services have ports below these.
const LOWEST: u16 = 10_000;

/// A port that nobody listens on, and that the system gives to nobody by itself.
///
/// A port that the system chose and that was given back may go to the next connection that
/// somebody opens, and a test with thousands of connections finds it soon. So these are taken
/// from below those that the system chooses from, and no two tests of one run get the same.
///
/// # Panics
///
/// When none is left.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let highest = lowest_of_the_system();
    assert!(LOWEST < highest, "the system gives away every port");
    let many = highest - LOWEST;
    // Runs beside each other begin far from each other, though their ids are neighbours.
    let begin = std::process::id().wrapping_mul(7919) % u32::from(many);
    let begin = u16::try_from(begin).expect("it is below many");
    (0..many)
        .map(|_| NEXT.fetch_add(1, Ordering::Relaxed))
        .map(|next| LOWEST + (begin + next % many) % many)
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .expect("one of them is free")
}

/// The lowest of the ports that the system chooses from.
fn lowest_of_the_system() -> u16 {
    const RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";
    let range = std::fs::read_to_string(RANGE).expect("Linux tells its range");
    let lowest = range.split_whitespace().next().expect("two numbers");
    lowest.parse().expect("a port")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ports_are_free_different_and_not_the_systems() {
        let ports: BTreeSet<u16> = (0..100).map(|_| free_port()).collect();

        assert_eq!(ports.len(), 100);
        assert!(ports.iter().all(|port| *port < lowest_of_the_system()));
    }
}
