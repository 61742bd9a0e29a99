//! Who waits for a connection, and who had better come back later.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

/// How long a mail waits for a connection. Whoever waits keeps a worker from other tasks: a
/// line that moves is worth it, one that stands still is not.
const PATIENCE: Duration = Duration::from_secs(1);
/// How soon a mail comes back, at least: a queue takes a moment to hand it out again.
const SOONEST: Duration = Duration::from_secs(1);
/// How late it comes back, if not too many do: the server may be well by then.
const LATEST: Duration = Duration::from_secs(24);
/// How far apart mails come back, at most, so that a connection that gets free is used soon.
const APART: Duration = Duration::from_millis(50);
/// How far apart those come back that would be too late otherwise: their coming is work, too.
const CLOSE: Duration = Duration::from_millis(2);
/// How long nobody was sent away when times that were given before say nothing any more.
const FORGOTTEN: Duration = Duration::from_secs(5);

/// The right to use one of a few connections, and the line of those who wait for it.
///
/// Nobody stands in it for long. While mails go quickly a mail waits for its turn; when it
/// would wait for longer than its patience it is given a time at which to come back. These
/// times are as far apart as mails go, or a little less: so connections stay in use, and
/// however many mails wait they do not turn in circles.
pub(super) struct Line {
    connections: Semaphore,
    most: u32,
    state: Mutex<State>,
}

struct State {
    /// How many wait.
    waiting: u32,
    /// How long a mail keeps the server busy, as the last few did.
    took: Duration,
    /// The time that was given last, and when it was given.
    given: (Instant, Instant),
}

/// The right to use one connection, until it is dropped.
pub(super) struct Turn<'a> {
    line: &'a Line,
    since: Instant,
    elsewhere: Duration,
    _connection: SemaphorePermit<'a>,
}

/// Somebody in the line, until it is dropped.
struct Waiting<'a>(&'a Line);

impl Line {
    /// For `most` connections.
    pub(super) fn new(most: usize) -> Self {
        let most = u32::try_from(most.max(1)).unwrap_or(u32::MAX);
        let now = Instant::now();
        Self {
            connections: Semaphore::new(most as usize),
            most,
            state: Mutex::new(State {
                waiting: 0,
                took: Duration::ZERO,
                given: (now, now),
            }),
        }
    }

    /// When somebody who came now had better come back; `None` if they should wait, or need not.
    pub(super) fn come_back_after(&self) -> Option<Duration> {
        if 0 < self.connections.available_permits() {
            return None;
        }
        let mut state = self.state();
        let wait = state.took * (state.waiting + 1) / self.most;
        (PATIENCE <= wait).then(|| state.give(self.most))
    }

    /// Waits for a turn; for whoever loses patience, the error says when to come back.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, Duration> {
        let waiting = Waiting::in_line(self);
        let turn = timeout(PATIENCE, self.connections.acquire()).await;
        drop(waiting);
        if let Ok(Ok(connection)) = turn {
            return Ok(Turn {
                line: self,
                since: Instant::now(),
                elsewhere: Duration::ZERO,
                _connection: connection,
            });
        }
        let mut state = self.state();
        state.took = self.longest();
        Err(state.give(self.most))
    }

    /// How long a mail counts as having kept the server busy, at most: with that, nobody waits.
    fn longest(&self) -> Duration {
        PATIENCE * self.most
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives somebody a time at which to come back, behind all that were given before.
    fn give(&mut self, connections: u32) -> Duration {
        let (now, (mut last, when)) = (Instant::now(), self.given);
        if when + FORGOTTEN < now {
            last = now;
        }
        // Twice as many as can go: some find others before them once more.
        let pace = (self.took / connections / 2).min(APART);
        let latest = (now + LATEST).max(last + CLOSE);
        let time = (last + pace).clamp(now + SOONEST, latest);
        self.given = (time, now);
        time - now
    }
}

impl Turn<'_> {
    /// Waits for something that is not the mail server. When our own store is slow, mails had
    /// better wait in line than make more work for it by coming twice.
    pub(super) async fn elsewhere<T>(&mut self, doing: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let done = doing.await;
        self.elsewhere += began.elapsed();
        done
    }
}

impl<'a> Waiting<'a> {
    fn in_line(line: &'a Line) -> Self {
        line.state().waiting += 1;
        Self(line)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let took = self.since.elapsed().saturating_sub(self.elsewhere);
        let took = took.min(self.line.longest());
        let mut state = self.line.state();
        state.took = (state.took * 3 + took) / 4;
    }
}

#[cfg(test)]
mod tests;
