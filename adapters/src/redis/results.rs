//! The store of results: what Celery's clients wait for, and where the parts of chords are counted.

mod chords;
mod keys;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Clock, PortError};
use domain::tasks::{Revocation, TaskId};
use redis::{RedisResult, Script, cmd};
use uuid::Builder;

pub use self::chords::{ChordDone, ChordPart, Counted};
use self::keys::ResultKeys;
use super::RedisUrl;
use super::error::failed;
use super::link::Link;
use super::wire::{ResultDocument, ResultState};

/// How many documents go to Redis at once, and how many bytes of them at most, unless one
/// alone is longer.
const MOST_PER_STEP: usize = 256;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// How results are kept.
#[derive(Clone, Debug)]
pub struct ResultSettings {
    /// What all keys begin with (`global_keyprefix` of the result backend); as Celery does, `_`
    /// is put behind it unless it ends with a mark.
    pub prefix: String,
    /// How long results are kept (`result_expires`); `None` is for ever.
    pub kept_for: Option<Duration>,
    /// How long chords wait for their parts (`result_chord_expires`); `None` is for ever.
    pub chords_kept_for: Option<Duration>,
    /// Whether parts of chords are kept in their order (`result_chord_ordered`).
    pub is_ordered: bool,
}

impl Default for ResultSettings {
    fn default() -> Self {
        const A_DAY: Duration = Duration::from_hours(24);
        Self {
            prefix: String::new(),
            kept_for: Some(A_DAY),
            chords_kept_for: Some(A_DAY),
            is_ordered: true,
        }
    }
}

/// The store of results, on a Redis that may be another than the broker's.
///
/// Everything here may be repeated: a success is never overwritten, a part of a chord is counted
/// once, and whoever was to go on with a chord still is.
pub struct ResultStore {
    link: Link,
    keys: ResultKeys,
    scripts: Scripts,
    clock: Arc<dyn Clock>,
    settings: ResultSettings,
    /// Tells the claims of this process from those of others.
    name: String,
}

#[derive(Debug)]
struct Scripts {
    store: Script,
    count_part: Script,
    keep_claim: Script,
    finish_chord: Script,
}

impl ResultStore {
    /// The store at `url`. Redis need not be up: it is connected to when it is needed.
    ///
    /// # Errors
    ///
    /// When no connection can be made of what `url` says.
    pub fn open(
        url: &RedisUrl,
        clock: Arc<dyn Clock>,
        settings: ResultSettings,
    ) -> Result<Self, PortError> {
        Ok(Self {
            link: Link::to(url).map_err(failed("open the store of results"))?,
            keys: ResultKeys::new(&settings.prefix),
            scripts: Scripts {
                store: Script::new(include_str!("results/store.lua")),
                count_part: Script::new(include_str!("results/count_part.lua")),
                keep_claim: Script::new(include_str!("results/keep_claim.lua")),
                finish_chord: Script::new(include_str!("results/finish_chord.lua")),
            },
            clock,
            name: Builder::from_random_bytes(rand::random())
                .into_uuid()
                .simple()
                .to_string(),
            settings,
        })
    }

    /// Stores what became of tasks, in order, and tells whoever waits for one. Of two documents of
    /// one task the later stays, unless the first is a success.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached, or refuses; any of it may or may not be stored then, and
    /// storing it again is harmless.
    pub async fn store(&self, documents: &[ResultDocument<'_>]) -> Result<(), PortError> {
        let now = self.clock.now();
        let written = documents.iter().map(|each| (each.task_id, each.write(now)));
        let written: Vec<(&str, String)> = written.collect();
        let stored = self.write(&written, false).await;
        stored.map_err(failed("store results"))
    }

    /// Notes that nobody wants these tasks done any more, as far as no attempt is being made and
    /// none has ended.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached, or refuses; doing it again is harmless.
    pub async fn revoke(&self, ids: &[TaskId]) -> Result<(), PortError> {
        let now = self.clock.now();
        let written = ids.iter().map(|id| {
            let document = ResultDocument {
                task_id: id.as_str(),
                state: ResultState::Revoked(Revocation::Revoked),
                children: &[],
                parent_id: None,
                group_id: None,
                extended: None,
            };
            (id.as_str(), document.write(now))
        });
        let written: Vec<(&str, String)> = written.collect();
        let stored = self.write(&written, true).await;
        stored.map_err(failed("store that tasks are revoked"))
    }

    /// The document with the result of the task `id`, as far as there is one.
    pub(super) async fn look(&self, id: &str) -> RedisResult<Option<Vec<u8>>> {
        let mut get = cmd("GET");
        get.arg(self.keys.task(id));
        self.link.command(&get).await
    }

    /// The channel on which that document is told whenever it is stored.
    pub(super) fn channel(&self, id: &str) -> String {
        self.keys.task(id)
    }

    async fn write(&self, documents: &[(&str, String)], is_careful: bool) -> RedisResult<()> {
        let mut documents = documents.iter().peekable();
        while documents.peek().is_some() {
            let mut script = self.scripts.store.prepare_invoke();
            script.arg(seconds(self.settings.kept_for));
            script.arg(i32::from(is_careful));
            let (mut count, mut bytes) = (0, 0);
            while count < MOST_PER_STEP
                && let Some((id, document)) =
                    documents.next_if(|(_, next)| count == 0 || bytes + next.len() <= MOST_BYTES)
            {
                script.key(self.keys.task(id)).arg(document);
                bytes += document.len();
                count += 1;
            }
            self.link.script::<u32>(&script).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for ResultStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ResultStore").field(&self.link).finish()
    }
}

/// How long something is kept, as the scripts want it: 0 is for ever.
fn seconds(kept_for: Option<Duration>) -> u64 {
    kept_for.map_or(0, |kept_for| kept_for.as_secs().max(1))
}
