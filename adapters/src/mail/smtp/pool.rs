//! Conversations that wait for the next mail.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::line::Line;
use super::session::Session;

/// How long a conversation waits for the next mail; servers hang up after some minutes.
pub(super) const IDLE_FOR: Duration = Duration::from_mins(1);

/// Conversations that wait for the next mail, and the right to have more of them.
pub(super) struct Pool {
    pub(super) line: Line,
    /// The one that was used last is last, and is used next.
    waiting: Mutex<Vec<Waiting>>,
}

struct Waiting {
    session: Session,
    since: Instant,
}

impl Pool {
    /// Room for `most` connections.
    pub(super) fn new(most: usize) -> Self {
        Self {
            line: Line::new(most),
            waiting: Mutex::default(),
        }
    }

    /// A conversation that waits and still lives, as far as can be seen from here.
    pub(super) fn take(&self) -> Option<Session> {
        self.close_idle();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(Waiting { mut session, .. }) = waiting.pop() {
            if session.wire.is_quiet() {
                return Some(session);
            }
        }
        None
    }

    /// Lets `session` wait for the next mail, unless it cannot be used again.
    pub(super) fn give_back(&self, session: Session) {
        if !session.is_spent {
            let since = Instant::now();
            self.waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Waiting { session, since });
        }
    }

    /// Closes what has waited for long.
    pub(super) fn close_idle(&self) {
        self.close(|since| IDLE_FOR <= since.elapsed());
    }

    /// Closes all that wait.
    pub(super) fn close_all(&self) {
        self.close(|_| true);
    }

    fn close(&self, is_over: impl Fn(Instant) -> bool) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let over = waiting.partition_point(|each| is_over(each.since));
        for each in waiting.drain(..over) {
            each.session.leave();
        }
    }
}
