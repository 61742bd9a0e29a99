//! How programs of a fleet end, or stand still.

use std::fs;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Fleet, Role, Running};

impl Fleet {
    /// Kills the oldest of `role` (SIGKILL).
    pub(in crate::guarantees) fn kill(&mut self, role: Role) {
        self.take(role).kill();
    }

    /// Forgets those of `role` that have ended; answers how many.
    pub(in crate::guarantees) fn bury(&mut self, role: Role) -> usize {
        let before = self.running.len();
        self.running
            .retain_mut(|it| it.role != role || it.program.runs());
        before - self.running.len()
    }

    /// Kills all programs at once, and answers what they were.
    pub(in crate::guarantees) fn kill_all(&mut self) -> Vec<Role> {
        let running = std::mem::take(&mut self.running);
        signal_at_once(running.iter(), "KILL");
        running.into_iter().map(|it| it.role).collect()
    }

    /// Asks the oldest of `role` to stop (SIGTERM), and waits until it has, well.
    pub(in crate::guarantees) fn stop(&mut self, role: Role) {
        let ended = self.take(role).stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    }

    /// The same for the newest.
    pub(in crate::guarantees) fn stop_newest(&mut self, role: Role) {
        let newest = self.running.iter().rposition(|it| it.role == role);
        let newest = self.running.remove(newest.expect("one of it runs"));
        let ended = newest.program.stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    }

    /// Sends a signal to the oldest of `role`, which goes on living.
    pub(in crate::guarantees) fn signal(&self, role: Role, name: &str) {
        self.oldest(role).program.signal(name);
    }

    /// Has the oldest of `role` stand still (SIGSTOP).
    pub(super) fn freeze(&self, role: Role) {
        stand_still([self.oldest(role)]);
    }

    /// Has all of `role` stand still.
    pub(super) fn freeze_all(&self, role: Role) {
        stand_still(self.all(role));
    }

    /// Lets all of `role` go on.
    pub(super) fn thaw_all(&self, role: Role) {
        signal_at_once(self.all(role), "CONT");
    }

    /// Asks all to stop, and waits until they have, well.
    pub(in crate::guarantees) fn end(&mut self) {
        while let Some(first) = self.running.first() {
            self.stop(first.role);
        }
    }
}

/// So that none of them has the time to notice what became of another.
fn signal_at_once<'a>(programs: impl Iterator<Item = &'a Running>, name: &str) {
    let ids = programs.map(|it| it.program.id().to_string());
    let sent = Command::new("kill").args(["-s", name]).args(ids).status();
    assert!(sent.expect("kill is there").success());
}

/// Each thread of a program stops by itself, once it is its turn: on a busy machine some go on for
/// a while after the signal.
fn stand_still<'a>(programs: impl IntoIterator<Item = &'a Running>) {
    let programs: Vec<_> = programs.into_iter().collect();
    signal_at_once(programs.iter().copied(), "STOP");
    let began = Instant::now();
    while !programs.iter().all(|it| stands_still(it.program.id())) {
        assert!(began.elapsed() < Duration::from_secs(10), "it goes on");
        sleep(Duration::from_millis(1));
    }
}

fn stands_still(process: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("it lives");
    // One that has ended meanwhile does nothing either.
    let stats =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok());
    stats.into_iter().all(|stat| stat.contains(") T "))
}
