//! Shows the messages that nobody understood.

use chrono::{DateTime, Utc};
use domain::ports::PortError;
use domain::tasks::Reason;
use redis::RedisResult;

use super::RedisQueue;
use crate::redis::error::failed;

/// How much of a message is shown.
const MOST_SHOWN: usize = 64 * 1024;

/// A message that nobody understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Quarantined {
    /// When it was met.
    pub at: DateTime<Utc>,
    /// The queue it lay in.
    pub queue: String,
    /// Why it was not understood.
    pub reason: String,
    /// The message byte for byte, as far as it is shown.
    pub beginning: Vec<u8>,
    /// How long it is.
    pub length: usize,
}

impl RedisQueue {
    /// Up to `most` messages that nobody understood, those first that came last.
    ///
    /// They are kept on Redis byte for byte until there are 10,000 or 64 MiB of newer ones.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached.
    pub async fn quarantined(&self, most: u32) -> Result<Vec<Quarantined>, PortError> {
        let entries = self.entries(most).await;
        let entries = entries.map_err(failed("show what is in quarantine"))?;
        Ok(entries
            .iter()
            .filter_map(|(entry, length)| shown(entry, *length))
            .collect())
    }

    async fn entries(&self, most: u32) -> RedisResult<Vec<(Vec<u8>, usize)>> {
        let mut script = self.scripts.quarantined.prepare_invoke();
        script.key(self.keys.quarantine()).arg(most).arg(MOST_SHOWN);
        self.link.script(&script).await
    }
}

/// The queue of a message that was longer than is read, and its length.
pub(super) type TooLong = (String, usize);

/// Tells whoever reads the log that a message was put into quarantine.
pub(super) fn note(queue: Option<&str>, length: usize, reason: &Reason) {
    let queue = queue.unwrap_or("unknown");
    tracing::warn!(
        queue,
        length,
        "a message of {length} bytes in the queue {queue} was put into quarantine: {reason}"
    );
}

/// `<instant> <queue> US <reason> LF <message>`, as `record.lua` writes it.
fn shown(entry: &[u8], length: usize) -> Option<Quarantined> {
    let line_end = entry.iter().position(|byte| *byte == b'\n')?;
    let head = String::from_utf8_lossy(&entry[..line_end]);
    let (known, reason) = head.split_once('\x1f')?;
    let (at, queue) = known.split_once(' ')?;
    Some(Quarantined {
        at: DateTime::from_timestamp_micros(at.parse().ok()?)?,
        queue: queue.to_owned(),
        reason: reason.to_owned(),
        beginning: entry[line_end + 1..].to_vec(),
        length: length.saturating_sub(line_end + 1),
    })
}
