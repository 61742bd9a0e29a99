//! Chords: all of the header at once, then the body with their results.

use serde_json::{Value, json};

use super::apply::{Applied, Applying, Call, arguments};
use super::budget::Budget;
use super::freeze::{Node, Seat};
use super::group::flattened;
use super::options::{Options, extend, merged, take, take_list, take_text};
use super::{CanvasError, NewChord};
use crate::redis::wire::{Shape, Signature};

impl Applying<'_> {
    /// Sends the header, each part of which carries the body.
    pub(super) fn chord(
        &mut self,
        mut chord: Signature,
        mut call: Call,
    ) -> Result<Option<Applied>, CanvasError> {
        let args = arguments(&mut chord, &mut call);
        let Shape::Chord(parts) = chord.shape else {
            return Ok(None);
        };
        let mut options = merged(chord.options, call.options);
        let body_id = take_text(&mut options, "task_id")?;
        let delay = ["countdown", "eta"].map(|name| (name, take(&mut options, name)));
        let mut body = parts.body;
        hand_to_body(&mut body, &mut options, &mut self.budget)?;
        let mut header_options = parts.header_options;
        let group_id = take_text(&mut header_options, "task_id")?;
        let group_id = group_id.unwrap_or_else(|| self.ids.next());
        let seat = Seat {
            id: Some(body_id.unwrap_or_else(|| self.ids.next())),
            group_id: Some(group_id.clone()),
            ..Seat::default()
        };
        let Some(result) = self.freeze(&mut body, seat)? else {
            return Err(CanvasError::NoSignature);
        };
        let mut header = flattened(parts.header)?;
        if header.is_empty() {
            return self.apply(body, Call::with(vec![json!([])]));
        }

        for name in ["chain", "chord", "group_id", "group_index"] {
            options.remove(name);
            header_options.remove(name);
        }
        let seat = Seat {
            group_id: Some(group_id.clone()),
            chord: Some(body.write()),
            ..Seat::default()
        };
        let frozen = self.freeze_members(&mut header, &seat)?;
        let call = Call {
            args,
            kwargs: merged(parts.kwargs, call.kwargs),
            options: delayed(merged(header_options, options), delay),
        };
        let size = header.iter().map(size).sum();
        let child = Node {
            id: group_id.clone(),
            members: Some(frozen),
        };
        self.chords.push(NewChord {
            group_id: group_id.clone(),
            size,
            results: nested(&child),
        });
        self.members(group_id, header, &call)?;
        Ok(Some(Applied { result, child }))
    }
}

fn delayed(mut options: Options, delay: [(&str, Option<Value>); 2]) -> Options {
    for (name, value) in delay {
        if let Some(value) = value {
            options.insert(name.to_owned(), value);
        }
    }
    options
}

/// What follows a chord follows its body, and what else was said of the chord goes for both.
fn hand_to_body(
    body: &mut Signature,
    options: &mut Options,
    budget: &mut Budget,
) -> Result<(), CanvasError> {
    let links = take_list(options, "link")?;
    extend(&mut body.options, "link", links)?;
    let errbacks = take_list(options, "link_error")?;
    add_errbacks(body, errbacks, budget)?;
    for (name, value) in options {
        if name != "parent_id" {
            body.options.insert(name.clone(), value.clone());
        }
    }
    Ok(())
}

/// What follows the failure of a chord follows that of its body, whatever it is made of.
fn add_errbacks(
    body: &mut Signature,
    errbacks: Vec<Value>,
    budget: &mut Budget,
) -> Result<(), CanvasError> {
    if let Shape::Group(members) = &mut body.shape {
        budget.copies(&errbacks, members.len())?;
        for member in members {
            extend(&mut member.options, "link_error", errbacks.clone())?;
        }
        return Ok(());
    }
    extend(&mut body.options, "link_error", errbacks)
}

/// How many parts of a chord this is: tasks whose end is counted.
fn size(signature: &Signature) -> usize {
    match &signature.shape {
        Shape::Task | Shape::Map | Shape::Chunks => 1,
        Shape::Group(members) => members.iter().map(size).sum(),
        Shape::Chain(steps) => {
            let sizes = steps.iter().rev().map(size);
            sizes.into_iter().find(|size| 0 < *size).unwrap_or(0)
        }
        Shape::Chord(chord) => size(&chord.body),
    }
}

/// The results as Celery saves them, if there are groups among them.
fn nested(group: &Node) -> Option<Value> {
    let members = group.members.as_ref()?;
    let has_groups = members.iter().any(|member| member.members.is_some());
    has_groups.then(|| json!({"result": group.written()}))
}
