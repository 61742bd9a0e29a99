//! Applies signatures: makes messages of them.

use serde_json::{Map, Value};

use super::budget::{Budget, weight};
use super::freeze::Node;
use super::ids::Ids;
use super::options::Options;
use super::{CanvasError, FollowUps, NewChord, Parent, Sender};
use crate::redis::wire::{Outgoing, Shape, Signature};

/// What a signature is applied to.
#[derive(Clone, Debug, Default)]
pub(super) struct Call {
    /// Go in front of its own, unless it is immutable.
    pub(super) args: Vec<Value>,
    /// Go over its own, unless it is immutable.
    pub(super) kwargs: Map<String, Value>,
    /// Go over its own.
    pub(super) options: Options,
}

impl Call {
    pub(super) fn with(args: Vec<Value>) -> Self {
        Self {
            args,
            ..Self::default()
        }
    }

    /// All that a copy of the call takes.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        let named = self.kwargs.values().chain(self.options.values());
        self.args.iter().chain(named)
    }
}

/// What has become of a signature.
#[derive(Debug)]
pub(super) struct Applied {
    /// Where its result will be.
    pub(super) result: Node,
    /// What was sent for it.
    pub(super) child: Node,
}

/// Messages in the making.
pub(super) struct Applying<'a> {
    pub(super) sender: &'a Sender<'a>,
    pub(super) parent: Option<&'a Parent>,
    pub(super) ids: Ids,
    pub(super) budget: Budget,
    pub(super) messages: Vec<Outgoing>,
    pub(super) chords: Vec<NewChord>,
}

impl<'a> Applying<'a> {
    /// Sends on behalf of `parent`, which has ended so.
    pub(super) fn after(parent: &'a Parent, how: &str, sender: &'a Sender<'a>) -> Self {
        Self {
            parent: Some(parent),
            ..Self::from_outside(&format!("{}/{how}", parent.id), sender)
        }
    }

    /// Sends on behalf of no task.
    pub(super) fn from_outside(seed: &str, sender: &'a Sender<'a>) -> Self {
        Self {
            sender,
            parent: None,
            ids: Ids::new(seed.to_owned()),
            budget: Budget::default(),
            messages: Vec::new(),
            chords: Vec::new(),
        }
    }

    pub(super) fn follow_ups(self, children: Vec<Value>) -> FollowUps {
        FollowUps {
            messages: self.messages,
            chords: self.chords,
            children,
        }
    }

    /// What has become of `signature`; `None` when there is nothing in it to be done.
    pub(super) fn apply(
        &mut self,
        signature: Signature,
        call: Call,
    ) -> Result<Option<Applied>, CanvasError> {
        let signature = super::group::without_chunks(signature)?;
        match signature.shape {
            Shape::Task | Shape::Map | Shape::Chunks => self.single(signature, call).map(Some),
            Shape::Chain(_) => self.chain(signature, call),
            Shape::Group(_) => self.group(signature, call),
            Shape::Chord(_) => self.chord(signature, call),
        }
    }

    /// A copy of `value`, paid for.
    pub(super) fn copy(&mut self, value: &Value) -> Result<Value, CanvasError> {
        self.budget.spend(weight(value))?;
        Ok(value.clone())
    }
}

/// Positional arguments of `call` in front of those of a signature, unless it is immutable.
pub(super) fn arguments(signature: &mut Signature, call: &mut Call) -> Vec<Value> {
    let own = std::mem::take(&mut signature.args);
    if signature.immutable {
        return own;
    }
    let mut all = std::mem::take(&mut call.args);
    all.extend(own);
    all
}
