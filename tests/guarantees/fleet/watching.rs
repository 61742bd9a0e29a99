//! What a fleet is waited for.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::Fleet;
use crate::guarantees::tally::{album_of, is_at_rest};
use crate::programs::inspected;

impl Fleet {
    /// The albums of which the mail server took a mail, each as often as it did.
    pub(in crate::guarantees) fn mailed(&self) -> Vec<Uuid> {
        let seen = self.sink.seen();
        let text = |mail: &Vec<u8>| String::from_utf8_lossy(mail).into_owned();
        seen.mails
            .iter()
            .map(|mail| album_of(&text(mail)))
            .collect()
    }

    /// Waits until each of `albums` has its mail; answers how long that took.
    pub(in crate::guarantees) async fn until_mailed(
        &self,
        albums: &[Uuid],
        within: Duration,
    ) -> Duration {
        let began = Instant::now();
        loop {
            let mailed = self.mailed();
            let missing = albums
                .iter()
                .filter(|album| !mailed.contains(album))
                .count();
            if missing == 0 {
                return began.elapsed();
            }
            assert!(
                began.elapsed() < within,
                "{missing} of {} without a mail",
                albums.len()
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until nothing waits or runs, and no mail is on its way.
    pub(in crate::guarantees) async fn until_at_rest(&self) -> Value {
        let began = Instant::now();
        loop {
            let found = inspected(self.folder());
            if is_at_rest(&found) {
                return found;
            }
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "no rest: {found}"
            );
            sleep(Duration::from_millis(100)).await;
        }
    }
}
