//! Keeps a trouble that comes a thousand times a second from filling the log.

use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_secs(1);

/// Lets one speak at most once a second.
#[derive(Default)]
pub(super) struct Seldom {
    last: Option<Instant>,
}

impl Seldom {
    /// Whether a line may be logged `now`; a yes begins the next second of silence.
    pub(super) fn may_speak(&mut self, now: Instant) -> bool {
        let may = self
            .last
            .is_none_or(|last| PAUSE <= now.saturating_duration_since(last));
        if may {
            self.last = Some(now);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second() {
        let mut seldom = Seldom::default();
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);

        let spoken: Vec<_> = [0, 1, 999, 1000, 1001, 2500]
            .into_iter()
            .filter(|millis| seldom.may_speak(after(*millis)))
            .collect();

        assert_eq!(spoken, [0, 1000, 2500]);
    }
}
