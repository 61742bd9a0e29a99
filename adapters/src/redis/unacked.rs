//! What Python workers hold: it is counted, and what those left that are gone is put back.
//!
//! A Python worker keeps every message it has received in two keys that all of them share, until
//! it is acknowledged. When the worker is killed its messages stay there, and only another Python
//! worker would put them back. The copies that ours keep there for Python's, as `copies.lua`
//! describes them, are left out here.

mod restore;
mod watch;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use domain::ports::PortError;
use redis::{RedisResult, Script, cmd};

pub use self::watch::RestoreSettings;
use super::RedisUrl;
use super::error::failed;
use super::link::Link;
use super::wire::Unacked;

/// What the keys are called in which Python workers keep what they hold.
#[derive(Clone, Debug)]
pub struct UnackedKeys {
    /// What every key begins with (`global_keyprefix`).
    pub prefix: String,
    /// `unacked_key`: the messages.
    pub messages: String,
    /// `unacked_index_key`: when each was received.
    pub index: String,
    /// `unacked_mutex_key`: who puts back.
    pub mutex: String,
}

impl UnackedKeys {
    /// The usual names behind `prefix`.
    pub fn behind(prefix: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
            messages: "unacked".to_owned(),
            index: "unacked_index".to_owned(),
            mutex: "unacked_mutex".to_owned(),
        }
    }
}

/// Where to go on, and messages with their tags.
type Page = (String, Vec<(Vec<u8>, Vec<u8>)>);
/// Where to go on, and tags with the instants of receipt.
type Tags = (String, Vec<(String, f64)>);

/// What the tags of our copies begin with.
const COPY: &str = "backbeat:";

/// How much Python workers hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// How many messages.
    pub count: u64,
    /// The message that is held for longest, by its tag, and for how long.
    pub oldest: Option<(String, Duration)>,
}

/// What was put back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many messages, by queue.
    pub by_queue: BTreeMap<String, u64>,
    /// How many stay where they are, because nobody understands them or no queue is theirs.
    pub left: u64,
}

/// What Python workers hold on a Redis.
pub struct UnackedMessages {
    link: Link,
    keys: UnackedKeys,
    put_back: Script,
    unlock: Script,
}

impl UnackedMessages {
    /// What is held at `url`. Redis need not be up: it is connected to when it is needed.
    ///
    /// # Errors
    ///
    /// When no connection can be made of what `url` says.
    pub fn open(url: &RedisUrl, keys: UnackedKeys) -> Result<Self, PortError> {
        Ok(Self {
            link: Link::to(url).map_err(failed("open"))?,
            keys,
            put_back: Script::new(include_str!("unacked/put_back.lua")),
            unlock: Script::new(include_str!("unacked/unlock.lua")),
        })
    }

    /// How much is held.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached.
    pub async fn count(&self) -> Result<Leftovers, PortError> {
        let count = async {
            let (mut tags, mut page) = (BTreeMap::new(), "0".to_owned());
            loop {
                let mut scan = cmd("ZSCAN");
                scan.arg(self.index()).arg(&page).arg("COUNT").arg(1000);
                let (next, found): Tags = self.link.command(&scan).await?;
                tags.extend(found.into_iter().filter(|(tag, _)| !tag.starts_with(COPY)));
                if next == "0" {
                    break;
                }
                page = next;
            }
            let now = self.now().await?;
            let count = tags.len() as u64;
            let oldest = tags
                .into_iter()
                .min_by(|(_, one), (_, other)| one.total_cmp(other));
            let oldest = oldest.map(|(tag, at)| (tag, seconds(now - at)));
            Ok(Leftovers { count, oldest })
        };
        count
            .await
            .map_err(failed("count what Python workers hold"))
    }

    /// How many messages are held of each queue; those that nobody understands have no name.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached.
    pub async fn by_queue(&self) -> Result<BTreeMap<String, u64>, PortError> {
        let by_queue = async {
            let (mut queues, mut page) = (BTreeMap::new(), "0".to_owned());
            loop {
                let mut scan = cmd("HSCAN");
                scan.arg(self.messages()).arg(&page).arg("COUNT").arg(100);
                let (next, found): Page = self.link.command(&scan).await?;
                for (tag, held) in found {
                    if tag.starts_with(COPY.as_bytes()) {
                        continue;
                    }
                    let places = match Unacked::read(&held) {
                        Some(unacked) => self.queues_of(&unacked).await?,
                        None => Vec::new(),
                    };
                    let name = places.first().cloned().unwrap_or_default();
                    *queues.entry(name).or_default() += 1;
                }
                if next == "0" {
                    return Ok(queues);
                }
                page = next;
            }
        };
        by_queue
            .await
            .map_err(failed("count what Python workers hold"))
    }

    async fn queues_of(&self, unacked: &Unacked) -> RedisResult<Vec<String>> {
        let mut bindings = Vec::new();
        if !unacked.exchange.is_empty() {
            let set = self.key(&format!("_kombu.binding.{}", unacked.exchange));
            bindings = self.link.command(cmd("SMEMBERS").arg(set)).await?;
        }
        let queues = unacked.queues(&bindings).into_iter();
        Ok(queues.map(str::to_owned).collect())
    }

    /// Python workers note instants by their own clocks; that of Redis is in no one's favour.
    async fn now(&self) -> RedisResult<f64> {
        let (seconds, micros): (f64, f64) = self.link.command(&cmd("TIME")).await?;
        Ok(seconds + micros / 1e6)
    }

    fn messages(&self) -> String {
        self.key(&self.keys.messages)
    }

    fn index(&self) -> String {
        self.key(&self.keys.index)
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.keys.prefix)
    }
}

impl fmt::Debug for UnackedMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UnackedMessages").field(&self.link).finish()
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default()
}
