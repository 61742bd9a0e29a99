//! What is to be sent when a task has ended: callbacks, the next step of its chain, the parts
//! of a chord.
//!
//! Nothing here reads or writes anything. Ids that nobody gave are made of the id of the task
//! that ended, so that whoever sends the same things twice sends the same ids.

mod apply;
mod budget;
mod chain;
mod chord;
mod embed;
mod error;
mod failure;
mod freeze;
mod group;
mod ids;
mod options;
mod single;

use chrono::{DateTime, Utc};
use domain::tasks::{Envelope, Priority, Routes};
use serde_json::Value;

use self::apply::{Applied, Applying, Call};
pub use self::embed::Embed;
pub use self::error::CanvasError;
pub use self::failure::{Failed, FailedStep, after_failed_header, after_failure};
use super::{Outgoing, Shape, Signature};

/// What whoever sends tasks has to know.
#[derive(Clone, Debug)]
pub struct Sender<'a> {
    /// Which queue a task goes to unless its signature says so.
    pub routes: &'a Routes,
    /// How urgent a task is unless its signature says so (`task_default_priority`).
    pub priority: Priority,
    /// What it is by the clock.
    pub now: DateTime<Utc>,
}

/// The task that sends others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Its id.
    pub id: String,
    /// The first task of the work it belongs to.
    pub root_id: String,
    /// How urgent what it sends is, if that is inherited (`task_inherit_parent_priority`).
    pub priority: Option<Priority>,
}

impl Parent {
    /// The task that `envelope` is; nothing inherits its priority.
    pub fn of(envelope: &Envelope) -> Self {
        let id = envelope.id.as_str();
        let root_id = envelope.header("root_id");
        Self {
            id: id.to_owned(),
            root_id: root_id.unwrap_or(id).to_owned(),
            priority: None,
        }
    }

    /// The same, which hands on this priority.
    #[must_use]
    pub fn handing_on(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }
}

/// What is to be sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FollowUps {
    /// The messages, in order.
    pub messages: Vec<Outgoing>,
    /// The chords they are parts of; to be made known before the messages are sent.
    pub chords: Vec<NewChord>,
    /// What the document with the result calls `children`.
    pub children: Vec<Value>,
}

/// A chord whose parts are about to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct NewChord {
    /// The id of the group.
    pub group_id: String,
    /// How many parts there are.
    pub size: usize,
    /// The results of the group, to be kept as Celery's `GroupResult.save` does: there when
    /// groups are nested in it, of which the parts alone do not tell.
    pub results: Option<Value>,
}

/// What is to be sent after a task has ended well with `result`.
///
/// # Errors
///
/// When what follows cannot be understood or is too much; nothing is to be sent then.
pub fn after_success(
    parent: &Parent,
    embed: Embed,
    result: &Value,
    sender: &Sender<'_>,
) -> Result<FollowUps, CanvasError> {
    if embed.callbacks.is_empty() && embed.chain.is_empty() {
        return Ok(FollowUps::default());
    }
    let mut applying = Applying::after(parent, "done", sender);
    let mut children = Vec::new();
    let mut callbacks = signatures(embed.callbacks)?;
    if 1 < callbacks.len() {
        let is_group = |each: &Signature| matches!(each.shape, Shape::Group(_));
        let (groups, single): (Vec<_>, Vec<_>) = callbacks.into_iter().partition(is_group);
        callbacks = groups;
        if !single.is_empty() {
            callbacks.push(Signature::group(single));
        }
    }
    for callback in callbacks {
        let call = Call::with(vec![applying.copy(result)?]);
        children.extend(applying.apply(callback, call)?.map(|each| each.child));
    }
    let mut rest = embed.chain;
    if let Some(next) = rest.pop() {
        let mut call = Call::with(vec![applying.copy(result)?]);
        call.options.insert("chain".to_owned(), Value::Array(rest));
        let applied = applying.apply(Signature::read(next)?, call)?;
        children.extend(applied.map(|each| each.child));
    }
    Ok(applying.follow_ups(children.iter().map(freeze::Node::written).collect()))
}

/// What is to be sent after the last part of a chord has ended well: the body with `results`.
///
/// `parent` is that part.
///
/// # Errors
///
/// When the body cannot be understood or is too much; nothing is to be sent then.
pub fn after_header(
    parent: &Parent,
    body: Value,
    results: Vec<Value>,
    sender: &Sender<'_>,
) -> Result<FollowUps, CanvasError> {
    let mut applying = Applying::after(parent, "chord", sender);
    let call = Call::with(vec![Value::Array(results)]);
    let applied = applying.apply(Signature::read(body)?, call)?;
    let children = applied.map(|each| each.child.written());
    Ok(applying.follow_ups(children.into_iter().collect()))
}

/// What is to be sent so that `signature` is done, and the id of its result.
///
/// `seed` is what ids that it does not give are made of; `None` when there is nothing to do.
///
/// # Errors
///
/// When it cannot be sent as it is; the error says why.
pub fn start(
    signature: Signature,
    seed: &str,
    sender: &Sender<'_>,
) -> Result<Option<(String, FollowUps)>, CanvasError> {
    let mut applying = Applying::from_outside(seed, sender);
    let applied = applying.apply(signature, Call::default())?;
    let Some(Applied { result, child }) = applied else {
        return Ok(None);
    };
    Ok(Some((
        result.id,
        applying.follow_ups(vec![child.written()]),
    )))
}

fn signatures(values: Vec<Value>) -> Result<Vec<Signature>, CanvasError> {
    values.into_iter().map(Signature::read).collect()
}
