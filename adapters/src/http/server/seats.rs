//! Who waits for whom, and who has to go first when the house is full.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

/// So long nobody has to go who was let in or answered just now: what they send next may be
/// here already and not yet read.
const GRACE: Duration = Duration::from_millis(100);

/// The seats of all connections. Those that wait for their client stand in a line, the longest
/// first: the silent, those that send a head or a body byte by byte, those that take their answer so.
#[derive(Clone, Default)]
pub(super) struct Seats(Arc<Mutex<Line>>);

#[derive(Default)]
struct Line {
    turns: u64,
    waiting: BTreeMap<u64, (Instant, CancellationToken)>,
}

/// The seat of one connection, free again when it is dropped.
pub(super) struct Seat {
    seats: Seats,
    place: Mutex<Place>,
    wanted: CancellationToken,
}

/// What a connection waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// For us: a request of its client is being answered.
    AtWork,
    /// For its client, since its turn in the line.
    InLine(u64),
}

impl Seats {
    /// A seat for somebody who says what they want next.
    pub(super) fn take(&self) -> Seat {
        let wanted = CancellationToken::new();
        let turn = self.line().join(wanted.clone());
        Seat {
            seats: self.clone(),
            place: Mutex::new(Place::InLine(turn)),
            wanted,
        }
    }

    /// Tells whoever has kept us waiting for the longest to go; whether there is anybody.
    pub(super) fn want_one(&self, now: Instant) -> bool {
        let mut line = self.line();
        let Some(longest) = line.waiting.first_entry() else {
            return false;
        };
        let (since, _) = longest.get();
        if now.saturating_duration_since(*since) < GRACE {
            return false;
        }
        let (_, wanted) = longest.remove();
        wanted.cancel();
        true
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        lock(&self.0)
    }
}

impl Line {
    fn join(&mut self, wanted: CancellationToken) -> u64 {
        self.turns += 1;
        self.waiting.insert(self.turns, (Instant::now(), wanted));
        self.turns
    }
}

impl Seat {
    /// A request has come and is being answered: nobody takes this seat now.
    pub(super) fn works(&self) {
        self.move_to(|_| Place::AtWork);
    }

    /// It is the client's turn: the answer is there, or more of the body is missing.
    pub(super) fn waits(&self) {
        self.move_to(|line| Place::InLine(line.join(self.wanted.clone())));
    }

    /// Whether somebody else shall have this seat, and no answer is lost with it.
    pub(super) fn is_wanted_and_idle(&self) -> bool {
        self.wanted.is_cancelled() && *lock(&self.place) != Place::AtWork
    }

    /// Ends when somebody else shall have this seat.
    pub(super) fn wanted(&self) -> WaitForCancellationFuture<'_> {
        self.wanted.cancelled()
    }

    fn move_to(&self, next: impl FnOnce(&mut Line) -> Place) {
        let (mut place, mut line) = (lock(&self.place), self.seats.line());
        if let Place::InLine(turn) = *place {
            line.waiting.remove(&turn);
        }
        *place = next(&mut line);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Whoever has left stands in no line either.
        self.works();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later() -> Instant {
        Instant::now() + GRACE
    }

    /// Who has to go, one after the other.
    fn gone(seats: &Seats, all: &[&Seat]) -> Vec<usize> {
        let mut gone = Vec::new();
        while seats.want_one(later()) {
            let is_new =
                |&number: &usize| all[number].wanted.is_cancelled() && !gone.contains(&number);
            gone.extend((0..all.len()).find(is_new));
        }
        gone
    }

    #[test]
    fn who_has_waited_for_the_longest_goes_first() {
        let seats = Seats::default();
        let [first, second, third] = [seats.take(), seats.take(), seats.take()];

        first.works();
        first.waits();

        assert_eq!(gone(&seats, &[&first, &second, &third]), [1, 2, 0]);
    }

    #[test]
    fn who_is_being_answered_stays() {
        let seats = Seats::default();
        let [busy, idle] = [seats.take(), seats.take()];
        busy.works();

        assert_eq!(gone(&seats, &[&busy, &idle]), [1]);
        assert!(!busy.wanted.is_cancelled());
    }

    #[test]
    fn who_was_just_let_in_stays() {
        let seats = Seats::default();
        let _newcomer = seats.take();

        assert!(!seats.want_one(Instant::now()));
    }

    #[test]
    fn who_has_left_is_not_told_to_go() {
        let seats = Seats::default();
        drop(seats.take());

        assert!(!seats.want_one(later()));
    }
}
