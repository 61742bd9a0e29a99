//! A file descriptor kept back for the day when there are no more.

use std::fs::File;

use futures_util::FutureExt;
use tokio::net::TcpListener;

use super::refusal::turn_away_abruptly;

/// Holds one descriptor, so that whoever knocks when the process may open no more is told so:
/// otherwise they would wait in the system's queue, and we could not even close the door.
pub(super) struct Spare(Option<File>);

impl Spare {
    pub(super) fn new() -> Self {
        Self(open())
    }

    /// Refuses one client by means of what was kept back, and keeps it back again; whether one
    /// was there and could be refused.
    pub(super) fn refuse_one(&mut self, listener: &TcpListener) -> bool {
        self.0 = None;
        let accepted = listener.accept().now_or_never();
        let is_refused = if let Some(Ok((stream, _))) = accepted {
            turn_away_abruptly(stream);
            true
        } else {
            false
        };
        self.0 = open();
        is_refused && self.0.is_some()
    }
}

fn open() -> Option<File> {
    File::open("/dev/null").ok()
}
