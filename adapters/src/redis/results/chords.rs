//! Counts the parts of chords, as Python 5.7 does, so that both may count the same chord.

mod nested;

use std::time::Duration;

use domain::ports::PortError;
use redis::{FromRedisValue, ParsingError, RedisResult, cmd, pipe};
use serde_json::Value;

use self::nested::Group;
use super::{ResultStore, seconds};
use crate::redis::error::failed;
use crate::redis::wire::canvas::NewChord;
use crate::redis::wire::{Exception, Part, ResultState, Stored, read_stored};

/// How long whoever is to go on with a chord has for it, before somebody else may.
const CLAIM: Duration = Duration::from_secs(30);
/// How long it is remembered that a chord is over, as Celery does.
const REMEMBERED_FOR: Duration = Duration::from_mins(5);

/// A part of a chord that has ended.
#[derive(Clone, Copy, Debug)]
pub struct ChordPart<'a> {
    /// The group of the header.
    pub group_id: &'a str,
    /// The task.
    pub task_id: &'a str,
    /// Its place in the group, if it has one.
    pub group_index: Option<u64>,
    /// How it ended; stored already.
    pub state: ResultState<'a>,
}

/// What is to be done after a part was counted.
#[derive(Clone, Debug, PartialEq)]
pub enum Counted {
    /// Nothing: others are missing, or somebody has gone on with the body.
    Nothing,
    /// It was the last, and it is ours to go on with the body.
    Last(ChordDone),
    /// It was the last, and somebody else is about to go on with the body. Whoever it is may have
    /// died, so the part is to be counted again until there is another answer.
    Claimed,
}

/// A chord all parts of which have ended, and which is ours to go on with.
#[derive(Clone, Debug, PartialEq)]
pub struct ChordDone {
    group_id: String,
    claim: String,
    /// What the parts give to the body, in their order; or what its failure is.
    pub results: Result<Vec<Value>, Exception>,
}

impl ResultStore {
    /// Makes chords known, so that their parts can be counted. To be done before the parts are sent.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached; doing it again is harmless as long as no part was sent.
    pub async fn begin_chords(&self, chords: &[NewChord]) -> Result<(), PortError> {
        let kept_for = self.settings.chords_kept_for;
        let mut pipeline = pipe();
        for NewChord {
            group_id,
            size,
            results,
        } in chords
        {
            pipeline.del(self.keys.claim(group_id)).ignore();
            let saved = results
                .as_ref()
                .map(|results| (self.keys.group(group_id), results.to_string()));
            let size = (self.keys.size(group_id), size.to_string());
            for (key, value) in std::iter::once(size).chain(saved) {
                let mut set = cmd("SET");
                set.arg(key).arg(value);
                if kept_for.is_some() {
                    set.arg("EX").arg(seconds(kept_for));
                }
                pipeline.add_command(set).ignore();
            }
        }
        let begun = self.link.pipeline::<()>(&pipeline).await;
        begun.map_err(failed("make chords known"))
    }

    /// Counts a part of a chord that has ended, once its result is stored.
    ///
    /// After [`Counted::Last`] the body is to be sent, or its failure stored, and then the chord
    /// to be [finished](Self::finish_chord).
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached; counting again is harmless, and who was to go on still is.
    pub async fn count_part(&self, part: &ChordPart<'_>) -> Result<Counted, PortError> {
        let ChordPart {
            group_id,
            task_id,
            group_index,
            state,
        } = part;
        let claim = format!("{}:{task_id}", self.name);
        let mut script = self.scripts.count_part.prepare_invoke();
        script
            .key(self.keys.parts(group_id))
            .key(self.keys.added(group_id))
            .key(self.keys.counted(group_id))
            .key(self.keys.size(group_id))
            .key(self.keys.claim(group_id))
            .key(self.keys.group(group_id));
        script
            .arg(*task_id)
            .arg(Part::write(task_id, state))
            .arg(group_index.map_or_else(|| "+inf".to_owned(), |index| index.to_string()))
            .arg(i32::from(self.settings.is_ordered))
            .arg(seconds(self.settings.chords_kept_for))
            .arg(CLAIM.as_secs())
            .arg(&claim);
        let answer = self.link.script(&script).await;
        let (parts, saved) = match answer.map_err(failed("count a part of a chord"))? {
            Answer::Nothing => return Ok(Counted::Nothing),
            Answer::Claimed => return Ok(Counted::Claimed),
            Answer::Ours(parts, saved) => (parts, saved),
        };
        let results = match saved.as_deref().and_then(Group::read) {
            Some(group) => self.joined(group).await?,
            None => given(&parts),
        };
        Ok(Counted::Last(ChordDone {
            group_id: (*group_id).to_owned(),
            claim,
            results,
        }))
    }

    /// Keeps the right to go on with a chord for another half a minute; to be asked before the body
    /// is sent if that was not done at once. Answers whether it is still ours.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached.
    pub async fn keep_chord(&self, chord: &ChordDone) -> Result<bool, PortError> {
        let mut script = self.scripts.keep_claim.prepare_invoke();
        script
            .key(self.keys.claim(&chord.group_id))
            .key(self.keys.size(&chord.group_id))
            .arg(&chord.claim)
            .arg(CLAIM.as_secs());
        let kept = self.link.script(&script).await;
        kept.map_err(failed("keep a chord"))
    }

    /// Forgets a chord, once its body is sent or its failure stored.
    ///
    /// # Errors
    ///
    /// When Redis cannot be reached; doing it again is harmless.
    pub async fn finish_chord(&self, chord: &ChordDone) -> Result<(), PortError> {
        let group_id = &chord.group_id;
        let mut script = self.scripts.finish_chord.prepare_invoke();
        script
            .key(self.keys.claim(group_id))
            .key(self.keys.parts(group_id))
            .key(self.keys.added(group_id))
            .key(self.keys.counted(group_id))
            .key(self.keys.size(group_id));
        script
            .arg(&chord.claim)
            .arg(REMEMBERED_FOR.as_secs())
            .arg(i32::from(chord.results.is_err()));
        let finished: RedisResult<bool> = self.link.script(&script).await;
        if !finished.map_err(failed("finish a chord"))? {
            tracing::warn!(
                group_id,
                "somebody else may have gone on with the chord {group_id}, too"
            );
        }
        Ok(())
    }

    /// What the members of a group give whose results were saved, because groups are nested in it.
    async fn joined(&self, group: Group) -> Result<Result<Vec<Value>, Exception>, PortError> {
        const ACTION: &str = "read the results of a group";
        let ids = group.ids();
        if ids.is_empty() {
            return Ok(Ok(group.filled(&mut Vec::new().into_iter())));
        }
        let mut get = cmd("MGET");
        for id in &ids {
            get.arg(self.keys.task(id));
        }
        let documents: Vec<Option<Vec<u8>>> =
            self.link.command(&get).await.map_err(failed(ACTION))?;
        let mut results = Vec::with_capacity(ids.len());
        for (id, document) in ids.iter().zip(documents) {
            let stored = document.as_deref().and_then(read_stored::<Stored>);
            let given = stored.map_or_else(|| Err(missing(id)), |stored| stored.given_by(id));
            match given {
                Ok(result) => results.push(result),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(group.filled(&mut results.into_iter())))
    }
}

/// What parts give to the body.
fn given(parts: &[Vec<u8>]) -> Result<Vec<Value>, Exception> {
    let results = parts.iter().map(|kept| {
        let part = Part::read(kept).ok_or_else(|| Exception::of_chord("a part cannot be read"))?;
        let Part { task_id, stored } = part;
        Stored::given_by(stored, &task_id)
    });
    results.collect()
}

fn missing(id: &str) -> Exception {
    Exception::of_chord(format!("Dependency {id} has left no result"))
}

/// What the script answers.
enum Answer {
    Nothing,
    Claimed,
    Ours(Vec<Vec<u8>>, Option<Vec<u8>>),
}

impl FromRedisValue for Answer {
    fn from_redis_value(value: redis::Value) -> Result<Self, ParsingError> {
        let mut words: Vec<redis::Value> = FromRedisValue::from_redis_value(value)?;
        let rest = words.split_off(words.len().min(1));
        let word: String = words
            .pop()
            .map_or_else(|| Ok(String::new()), FromRedisValue::from_redis_value)?;
        match word.as_str() {
            "open" | "over" => Ok(Self::Nothing),
            "claimed" => Ok(Self::Claimed),
            _ => {
                let (parts, saved) = FromRedisValue::from_redis_value(redis::Value::Array(rest))?;
                Ok(Self::Ours(parts, saved))
            }
        }
    }
}
