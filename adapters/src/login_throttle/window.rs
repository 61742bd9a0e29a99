//! Sliding windows, one for each subject, in bounded memory.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Subjects remembered at once.
const SUBJECTS: usize = 100_000;

/// When each subject was counted, as far as it matters.
#[derive(Debug)]
pub(super) struct Windows {
    most: usize,
    length: Duration,
    /// The instants of each, oldest first; never empty.
    counted: HashMap<u64, VecDeque<Instant>>,
}

impl Windows {
    /// Allows `most` within any `length`, though never none.
    pub(super) fn new(most: usize, length: Duration) -> Self {
        Self {
            most: most.max(1),
            length,
            counted: HashMap::new(),
        }
    }

    /// How long from `now` until `subject` may be counted; zero if it may be at once.
    ///
    /// What was counted exactly a window ago no longer matters.
    pub(super) fn wait(&self, subject: u64, now: Instant) -> Duration {
        let Some(instants) = self.counted.get(&subject) else {
            return Duration::ZERO;
        };
        let decisive = instants.len().checked_sub(self.most);
        decisive
            .and_then(|index| instants.get(index))
            .map_or(Duration::ZERO, |instant| {
                (*instant + self.length).saturating_duration_since(now)
            })
    }

    /// Counts `subject` at `now`.
    pub(super) fn count(&mut self, subject: u64, now: Instant) {
        if SUBJECTS <= self.counted.len() && !self.counted.contains_key(&subject) {
            self.make_room(now);
        }
        let instants = self.counted.entry(subject).or_default();
        while self.most <= instants.len() {
            instants.pop_front();
        }
        instants.push_back(now);
    }

    /// Forgets all that was counted of `subject`.
    pub(super) fn forget(&mut self, subject: u64) {
        self.counted.remove(&subject);
    }

    /// Forgets what was counted last of `subject`.
    pub(super) fn take_back(&mut self, subject: u64) {
        if let Some(instants) = self.counted.get_mut(&subject) {
            instants.pop_back();
            if instants.is_empty() {
                self.counted.remove(&subject);
            }
        }
    }

    /// Forgets whom it no longer matters, else the stalest tenth: a tenth at once, so that
    /// a flood of new subjects is not a walk through all of them each time.
    fn make_room(&mut self, now: Instant) {
        let length = self.length;
        let last = |instants: &VecDeque<Instant>| instants.back().copied();
        self.counted
            .retain(|_, instants| last(instants).is_some_and(|last| now < last + length));
        if self.counted.len() < SUBJECTS {
            return;
        }
        let mut stalest: Vec<_> = self
            .counted
            .iter()
            .map(|(subject, instants)| (last(instants), *subject))
            .collect();
        stalest.select_nth_unstable(SUBJECTS / 10);
        for (_, subject) in &stalest[..SUBJECTS / 10] {
            self.counted.remove(subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn full(start: Instant) -> Windows {
        let mut windows = Windows::new(1, MINUTE);
        for subject in 0..SUBJECTS as u64 {
            windows.count(subject, start + Duration::from_micros(subject));
        }
        windows
    }

    #[test]
    fn the_stalest_are_forgotten_first() {
        let start = Instant::now();
        let mut windows = full(start);
        let now = start + Duration::from_secs(1);

        windows.count(u64::MAX, now);

        assert!(windows.counted.len() <= SUBJECTS);
        assert_eq!(windows.wait(0, now), Duration::ZERO);
        assert_ne!(windows.wait(SUBJECTS as u64 - 1, now), Duration::ZERO);
        assert_ne!(windows.wait(u64::MAX, now), Duration::ZERO);
    }

    #[test]
    fn those_whose_window_is_over_go_before_anybody_else() {
        let start = Instant::now();
        let mut windows = full(start);
        let now = start + MINUTE + Duration::from_secs(1);

        windows.count(u64::MAX, now);

        assert_eq!(windows.counted.len(), 1);
    }

    #[test]
    fn no_subject_holds_more_instants_than_decide() {
        let start = Instant::now();
        let mut windows = Windows::new(3, MINUTE);

        for second in 0..100 {
            windows.count(7, start + Duration::from_secs(second));
        }

        assert_eq!(windows.counted[&7].len(), 3);
    }
}
