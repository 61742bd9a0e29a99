//! What follows a task that has failed.

use std::collections::VecDeque;

use serde_json::{Map, Value};

use super::apply::{Applying, Call};
use super::budget::weight;
use super::{CanvasError, Embed, Parent, Sender, signatures};
use crate::redis::wire::{Outgoing, Shape, Signature};

/// What follows a task that has failed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failed {
    /// The messages to be sent.
    pub messages: Vec<Outgoing>,
    /// What fails with it, because it would have come after it.
    pub steps: Vec<FailedStep>,
}

/// A task that is never sent because one before it has failed.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedStep {
    /// Its id, under which the failure is to be stored; those who wait for the last of a
    /// chain wait for this.
    pub id: Option<String>,
    /// What it is called.
    pub name: String,
    /// The group it belongs to.
    pub group_id: Option<String>,
    /// Its place in the group.
    pub group_index: Option<u64>,
    /// The body of the chord that it is a part of: as such it counts as failed.
    pub chord: Option<Value>,
}

/// What follows the failure of the task `parent`.
///
/// All errbacks are sent as tasks that are given its id: what they are registered as is not
/// known here.
///
/// # Errors
///
/// When it cannot be understood or is too much.
pub fn after_failure(
    parent: &Parent,
    embed: Embed,
    sender: &Sender<'_>,
) -> Result<Failed, CanvasError> {
    Ok(Failed {
        messages: errbacks(parent, embed.errbacks, sender)?,
        steps: failed_steps(embed.chain),
    })
}

/// What follows the failure of the header of a chord with this body: the body fails, and what
/// would have come after it.
///
/// # Errors
///
/// When the body cannot be understood or is too much.
pub fn after_failed_header(body: Value, sender: &Sender<'_>) -> Result<Failed, CanvasError> {
    let mut failed = Failed::default();
    let signature = Signature::read(body)?;
    let group_errbacks = list(&signature.options, "link_error");
    let ends = match &signature.shape {
        Shape::Group(members) => members.clone(),
        _ => vec![signature.clone()],
    };
    let mut spent = 0_usize;
    for end in ends {
        let mut all = list(&end.options, "link_error");
        for errback in &group_errbacks {
            if !all.contains(errback) {
                all.push(errback.clone());
            }
        }
        let text = |name| end.options.get(name).and_then(Value::as_str);
        if let Some(id) = text("task_id") {
            let parent = Parent {
                id: id.to_owned(),
                root_id: text("root_id").unwrap_or(id).to_owned(),
                priority: None,
            };
            spent = spent.saturating_add(all.iter().map(weight).sum());
            if MOST_ERRBACKS < spent {
                return Err(CanvasError::TooMuch);
            }
            failed.messages.extend(errbacks(&parent, all, sender)?);
        }
        failed.steps.extend(failed_steps(vec![end.write()]));
    }
    let rest = list(&signature.options, "chain");
    failed.steps.extend(failed_steps(rest));
    Ok(failed)
}

/// How many bytes of errbacks are copied at most.
const MOST_ERRBACKS: usize = 64 * 1024 * 1024;

fn errbacks(
    parent: &Parent,
    errbacks: Vec<Value>,
    sender: &Sender<'_>,
) -> Result<Vec<Outgoing>, CanvasError> {
    if errbacks.is_empty() {
        return Ok(Vec::new());
    }
    // An errback does not inherit how urgent the task was.
    let parent = Parent {
        priority: None,
        ..parent.clone()
    };
    let mut applying = Applying::after(&parent, "failed", sender);
    let group = Signature::group(signatures(errbacks)?);
    let call = Call::with(vec![parent.id.clone().into()]);
    applying.apply(group, call)?;
    Ok(applying.messages)
}

/// What fails of the steps that would have followed; those that are no signatures are not there.
fn failed_steps(chain: Vec<Value>) -> Vec<FailedStep> {
    let mut steps = Vec::with_capacity(chain.len());
    let mut left = VecDeque::from(chain);
    while let Some(step) = left.pop_front() {
        let Value::Object(mut step) = step else {
            continue;
        };
        let mut options = object(step.remove("options"));
        let mut kwargs = object(step.remove("kwargs"));
        let kind = step.get("subtask_type").and_then(Value::as_str);
        if kind == Some("chord") {
            // The end of a chord is that of its body.
            left.extend(kwargs.remove("body"));
        } else if kind == Some("chain")
            && let Some(Value::Array(tasks)) = kwargs.remove("tasks")
        {
            // Any step of a nested chain may be waited for.
            left.extend(tasks);
        }
        let chord = options.remove("chord").filter(|chord| !chord.is_null());
        let text = |name| options.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = text("task_id");
        if id.is_some() || chord.is_some() {
            let name = step.get("task").and_then(Value::as_str).unwrap_or_default();
            steps.push(FailedStep {
                id,
                name: name.to_owned(),
                group_id: text("group_id"),
                group_index: options.get("group_index").and_then(Value::as_u64),
                chord,
            });
        }
    }
    steps
}

fn list(options: &Map<String, Value>, name: &str) -> Vec<Value> {
    let value = options.get(name).cloned().unwrap_or_default();
    super::embed::list("", value).unwrap_or_default()
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}
