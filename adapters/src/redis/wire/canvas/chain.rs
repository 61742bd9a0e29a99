//! Chains: one after the other.

use std::mem;

use serde_json::{Map, Value};

use super::CanvasError;
use super::apply::{Applied, Applying, Call, arguments};
use super::budget::Budget;
use super::freeze::Seat;
use super::group::without_chunks;
use super::options::{Options, extend, merged, take_list};
use crate::redis::wire::signature::Chord;
use crate::redis::wire::{Shape, Signature};

/// Options of a chain that are not handed to its first step.
const OF_THE_CHAIN: [&str; 8] = [
    "chord",
    "group_id",
    "group_index",
    "link",
    "link_error",
    "parent_id",
    "root_id",
    "task_id",
];

impl Applying<'_> {
    /// Sends the first step, which carries the others.
    pub(super) fn chain(
        &mut self,
        mut chain: Signature,
        mut call: Call,
    ) -> Result<Option<Applied>, CanvasError> {
        let args = arguments(&mut chain, &mut call);
        let Shape::Chain(mut steps) = chain.shape else {
            return Ok(None);
        };
        let mut options = merged(chain.options, call.options);
        hand_out_links(&mut options, &mut steps, &mut self.budget)?;
        let seat = Seat::taken_from(&mut options)?;
        normalize(&mut steps, &mut self.budget)?;
        let Some(result) = self.freeze_steps(&mut steps, seat)? else {
            return Ok(None);
        };
        steps.reverse();
        let Some(first) = steps.pop() else {
            return Ok(None);
        };
        let is_alone = steps.is_empty();
        let mut rest = take_list(&mut options, "chain")?;
        rest.extend(steps.into_iter().map(Signature::write));
        options.insert("chain".to_owned(), Value::Array(rest));
        let call = Call {
            args,
            kwargs: call.kwargs,
            options,
        };
        let applied = self.apply(first, call)?;
        Ok(applied.map(|applied| Applied {
            // The ids of a group are only known for sure once it is sent.
            result: if is_alone { applied.result } else { result },
            child: applied.child,
        }))
    }
}

/// Makes the steps of a chain such that each follows the one before: nested chains are laid
/// open, and a group that something follows becomes a chord.
pub(super) fn normalize(
    steps: &mut Vec<Signature>,
    budget: &mut Budget,
) -> Result<(), CanvasError> {
    let mut flat = Vec::with_capacity(steps.len());
    for step in mem::take(steps) {
        lay_open(step, &mut flat, budget)?;
    }
    let is_empty =
        |step: &Signature| matches!(step.shape, Shape::Group(_)) && step.has_no_members();
    if flat.iter().any(|step| !is_empty(step)) {
        flat.retain(|step| !is_empty(step));
    }
    let mut reversed: Vec<Signature> = Vec::with_capacity(flat.len());
    for step in flat.into_iter().rev() {
        let joined = match step.shape {
            Shape::Group(header) if let Some(body) = reversed.pop() => {
                let chord = Chord {
                    header,
                    header_options: step.options,
                    kwargs: Map::new(),
                    body,
                };
                Signature {
                    shape: Shape::Chord(Box::new(chord)),
                    ..Signature::new("celery.chord")
                }
            }
            shape => Signature { shape, ..step },
        };
        reversed.push(joined);
    }
    reversed.reverse();
    *steps = reversed;
    Ok(())
}

fn lay_open(
    step: Signature,
    flat: &mut Vec<Signature>,
    budget: &mut Budget,
) -> Result<(), CanvasError> {
    let mut step = without_chunks(step)?;
    match step.shape {
        Shape::Chain(mut steps) => {
            hand_out_links(&mut step.options, &mut steps, budget)?;
            for step in steps {
                lay_open(step, flat, budget)?;
            }
        }
        Shape::Group(mut members) if members.len() == 1 => {
            let only = members.remove(0);
            lay_open(only, flat, budget)?;
        }
        Shape::Chord(mut chord) if is_led_by_a_task(&chord.body) => {
            // Else every part of the header would carry the rest of the chain.
            let mut tail = body_steps(&mut chord, budget)?.into_iter();
            chord.body = tail.next().ok_or(CanvasError::NoSignature)?;
            step.shape = Shape::Chord(chord);
            flat.push(step);
            for step in tail {
                lay_open(step, flat, budget)?;
            }
        }
        shape => flat.push(Signature { shape, ..step }),
    }
    Ok(())
}

fn is_led_by_a_task(body: &Signature) -> bool {
    let Shape::Chain(steps) = &body.shape else {
        return false;
    };
    let first = steps.first();
    first.is_some_and(|first| !matches!(first.shape, Shape::Group(_) | Shape::Chunks))
}

/// The steps of the chain that is the body of a chord, with its options.
fn body_steps(chord: &mut Chord, budget: &mut Budget) -> Result<Vec<Signature>, CanvasError> {
    let mut options = mem::take(&mut chord.body.options);
    let Shape::Chain(mut steps) = mem::replace(&mut chord.body.shape, Shape::Task) else {
        return Ok(Vec::new());
    };
    hand_out_links(&mut options, &mut steps, budget)?;
    let seat = Seat::taken_from(&mut options)?;
    if let Some(last) = steps.last_mut() {
        for (name, value) in seat.options() {
            last.options.entry(name).or_insert(value);
        }
    }
    if let Some(first) = steps.first_mut() {
        let is_its_own = |name: &String| !OF_THE_CHAIN.contains(&name.as_str());
        options.retain(|name, _| is_its_own(name));
        first.options = merged(mem::take(&mut first.options), options);
    }
    Ok(steps)
}

/// What a chain is linked to comes after its last step; what it is linked to for the case of
/// failure, after any of them.
fn hand_out_links(
    options: &mut Options,
    steps: &mut [Signature],
    budget: &mut Budget,
) -> Result<(), CanvasError> {
    let links = take_list(options, "link")?;
    if let Some(last) = steps.last_mut() {
        extend(&mut last.options, "link", links)?;
    }
    let errbacks = take_list(options, "link_error")?;
    if errbacks.is_empty() {
        return Ok(());
    }
    budget.copies(&errbacks, steps.len())?;
    for step in steps {
        extend(&mut step.options, "link_error", errbacks.clone())?;
    }
    Ok(())
}
