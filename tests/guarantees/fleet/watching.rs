//! What a fleet is waited for.

use std::time::Duration;

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
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

    /// How many tasks of that name are done, by their rows.
    pub(in crate::guarantees) async fn done(&self, task: &str) -> usize {
        let done = format!("SELECT id FROM tasks WHERE name = '{task}' AND state = 'done'");
        self.stored(&done).await.len()
    }

    /// What the store answers to a statement that selects one text: that of each row.
    pub(super) async fn stored(&self, statement: &str) -> Vec<String> {
        if let Some(servers) = &self.servers {
            let rows = servers.database.query(statement);
            return rows.lines().map(str::to_owned).collect();
        }
        let file = self.folder().join("var/backbeat.sqlite3");
        // What a killed program left there is for the next program to clear up.
        let options = SqliteConnectOptions::new().filename(file).read_only(true);
        let mut connection = options.connect().await.unwrap();
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_all(&mut connection)
            .await;
        connection.close().await.unwrap();
        rows.unwrap()
    }

    /// Waits until nothing waits or runs, and no mail is on its way.
    pub(in crate::guarantees) async fn until_at_rest(&self) -> Value {
        let began = Instant::now();
        loop {
            let found = inspected(self.folder());
            if is_at_rest(&found) {
                return found;
            }
            assert!(began.elapsed() < Duration::from_mins(2), "no rest: {found}");
            sleep(Duration::from_millis(100)).await;
        }
    }
}
