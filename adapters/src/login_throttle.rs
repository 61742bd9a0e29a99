//! Lets nobody try passwords by the thousand.

mod window;

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::ports::{LoginThrottle, TooManyAttempts};

use self::window::Windows;

/// How many log-ins may be tried.
#[derive(Clone, Copy, Debug)]
pub struct LoginLimits {
    /// With one account name, from anywhere.
    pub per_account: usize,
    /// From one client address (IPv6: one /64 network), with any name.
    pub per_address: usize,
    /// Within any period this long.
    pub window: Duration,
}

/// Counts log-ins in the memory of this process.
///
/// It remembers at most 100,000 account names and as many addresses; beyond that those
/// that were tried longest ago are forgotten first. Names are compared without regard to
/// case, and only a keyed hash of each is kept.
#[derive(Debug)]
pub struct MemoryLoginThrottle {
    keys: RandomState,
    counts: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    accounts: Windows,
    addresses: Windows,
}

impl MemoryLoginThrottle {
    /// A throttle that has seen nobody yet.
    pub fn new(limits: LoginLimits) -> Self {
        let counts = Counts {
            accounts: Windows::new(limits.per_account, limits.window),
            addresses: Windows::new(limits.per_address, limits.window),
        };
        Self {
            keys: RandomState::new(),
            counts: Mutex::new(counts),
        }
    }

    fn attempt_at(
        &self,
        now: Instant,
        username: &str,
        address: IpAddr,
    ) -> Result<(), TooManyAttempts> {
        let (account, address) = self.subjects(username, address);
        let Counts {
            accounts,
            addresses,
        } = &mut *self.counts();
        let retry_after = accounts
            .wait(account, now)
            .max(addresses.wait(address, now));
        if !retry_after.is_zero() {
            return Err(TooManyAttempts { retry_after });
        }
        accounts.count(account, now);
        addresses.count(address, now);
        Ok(())
    }

    fn subjects(&self, username: &str, address: IpAddr) -> (u64, u64) {
        let account = self.keys.hash_one(username.to_lowercase());
        let address = self.keys.hash_one(network(address));
        (account, address)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LoginThrottle for MemoryLoginThrottle {
    fn attempt(&self, username: &str, address: IpAddr) -> Result<(), TooManyAttempts> {
        self.attempt_at(Instant::now(), username, address)
    }

    fn succeeded(&self, username: &str, address: IpAddr) {
        let (account, address) = self.subjects(username, address);
        let mut counts = self.counts();
        counts.accounts.forget(account);
        counts.addresses.take_back(address);
    }
}

/// What one customer of a provider has: one IPv4 address, or a /64 network of IPv6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: LoginLimits = LoginLimits {
        per_account: 2,
        per_address: 3,
        window: Duration::from_mins(1),
    };
    const HOME: &str = "192.0.2.1";
    const AWAY: &str = "192.0.2.2";

    struct Door {
        throttle: MemoryLoginThrottle,
        start: Instant,
    }

    impl Door {
        fn new() -> Self {
            Self {
                throttle: MemoryLoginThrottle::new(LIMITS),
                start: Instant::now(),
            }
        }

        /// The seconds to wait, 0 when let in.
        fn knock(&self, second: u64, account: &str, address: &str) -> u64 {
            let now = self.start + Duration::from_secs(second);
            let knock = self.throttle.attempt_at(now, account, ip(address));
            knock
                .err()
                .map_or(0, |refusal| refusal.retry_after.as_secs())
        }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("tests write addresses well")
    }

    #[test]
    fn an_account_has_so_many_tries_in_any_minute() {
        let door = Door::new();

        let waits = [0, 10, 20, 59, 60, 61, 70, 71]
            .map(|second| door.knock(second, "ann", &format!("192.0.2.{second}")));

        assert_eq!(waits, [0, 0, 40, 1, 0, 9, 0, 49]);
    }

    #[test]
    fn an_address_has_so_many_tries_with_all_names_together() {
        let door = Door::new();

        let waits = ["ann", "bob", "cid", "dan"].map(|name| door.knock(0, name, HOME));

        assert_eq!(waits, [0, 0, 0, 60]);
        assert_eq!(door.knock(0, "dan", AWAY), 0);
    }

    #[test]
    fn a_refused_try_is_not_counted() {
        let door = Door::new();
        for name in ["ann", "ann", "ann", "ann", "ann"] {
            door.knock(0, name, HOME);
        }

        assert_eq!(door.knock(0, "bob", HOME), 0);
    }

    #[test]
    fn a_success_frees_the_account_and_gives_the_address_one_try_back() {
        let door = Door::new();
        for name in ["bob", "ann", "ann"] {
            assert_eq!(door.knock(0, name, HOME), 0);
        }

        door.throttle.succeeded("ann", ip(HOME));

        let waits = [HOME, AWAY, AWAY].map(|from| door.knock(1, "ann", from));
        assert_eq!(waits, [0, 0, 60]);
        assert_eq!(door.knock(1, "bob", HOME), 59);
    }

    #[test]
    fn a_name_is_the_same_in_capitals() {
        let door = Door::new();

        let waits = ["Zoë", "ZOË", "zoë"].map(|name| door.knock(0, name, HOME));

        assert_eq!(waits, [0, 0, 60]);
    }

    #[test]
    fn addresses_of_one_customer_are_one() {
        let same = [
            ("2001:db8::1", "2001:db8::ffff:1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
        ];
        let other = [
            ("2001:db8::1", "2001:db8:0:1::1"),
            ("192.0.2.1", "192.0.2.2"),
        ];

        for (one, two) in same {
            assert_eq!(network(ip(one)), network(ip(two)), "{one} {two}");
        }
        for (one, two) in other {
            assert_ne!(network(ip(one)), network(ip(two)), "{one} {two}");
        }
    }
}
