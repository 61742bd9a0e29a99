//! What tells the time: the machine, or a hand.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use domain::ports::Clock;

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        in_microseconds(Utc::now())
    }
}

/// A clock that stands still until it is moved: for laws, scenarios and the demo.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(in_microseconds(now)))
    }

    /// Moves the clock by `step`, which may be negative.
    ///
    /// Who waits for an instant learns of the jump at their next look.
    pub fn advance(&self, step: TimeDelta) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += step;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The machine's own clock, set forward by hand while it runs: for the demo.
#[derive(Debug, Default)]
pub struct ForwardedClock(Mutex<TimeDelta>);

impl ForwardedClock {
    /// Sets the clock forward by `step`.
    ///
    /// Who waits for an instant learns of the jump at their next look.
    pub fn forward(&self, step: TimeDelta) {
        let mut ahead = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead += step;
    }
}

impl Clock for ForwardedClock {
    fn now(&self) -> DateTime<Utc> {
        let ahead = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        SystemClock.now() + ahead
    }
}

fn in_microseconds(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant
        .duration_trunc(TimeDelta::microseconds(1))
        .unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_show_whole_microseconds() {
        let manual = ManualClock::at(DateTime::from_timestamp_nanos(1_999));
        manual.advance(TimeDelta::days(31));

        assert_eq!(
            manual.now(),
            DateTime::UNIX_EPOCH + TimeDelta::days(31) + TimeDelta::microseconds(1)
        );
        assert_eq!(SystemClock.now().timestamp_subsec_nanos() % 1_000, 0);
    }

    #[test]
    fn a_forwarded_clock_goes_on_from_where_it_was_set() {
        let clock = ForwardedClock::default();
        let before = SystemClock.now();

        clock.forward(TimeDelta::days(31));
        clock.forward(TimeDelta::days(1));

        let (first, second) = (clock.now(), clock.now());
        assert!(first >= before + TimeDelta::days(32) && second >= first);
        assert!(first < before + TimeDelta::days(32) + TimeDelta::minutes(1));
    }
}
