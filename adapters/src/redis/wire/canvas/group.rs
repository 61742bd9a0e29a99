//! Groups: all at once.

use serde_json::{Value, json};

use super::CanvasError;
use super::apply::{Applied, Applying, Call, arguments};
use super::freeze::{Node, Seat};
use super::options::{extend, merged, take, take_list, wrong};
use crate::redis::wire::{Shape, Signature};

/// How many parts chunks may be made of.
const MOST_CHUNKS: usize = 100_000;

impl Applying<'_> {
    /// Sends all members.
    pub(super) fn group(
        &mut self,
        mut group: Signature,
        mut call: Call,
    ) -> Result<Option<Applied>, CanvasError> {
        let args = arguments(&mut group, &mut call);
        let Shape::Group(members) = group.shape else {
            return Ok(None);
        };
        let mut options = merged(group.options, call.options);
        let seat = Seat::taken_from(&mut options)?;
        let id = seat.id.clone().unwrap_or_else(|| self.ids.next());
        let seat = Seat {
            group_id: Some(seat.group_id.unwrap_or_else(|| id.clone())),
            ..seat
        };
        let mut members = flattened(members)?;
        // Celery refuses both; of a group it is the members that end.
        for name in ["link", "link_error"] {
            let links = take_list(&mut options, name)?;
            self.budget.copies(&links, members.len())?;
            for member in &mut members {
                extend(&mut member.options, name, links.clone())?;
            }
        }
        self.freeze_members(&mut members, &seat)?;
        let call = Call {
            args,
            kwargs: call.kwargs,
            options,
        };
        let node = self.members(id, members, &call)?;
        Ok(Some(Applied {
            result: node.clone(),
            child: node,
        }))
    }

    /// Sends members that are seated.
    pub(super) fn members(
        &mut self,
        id: String,
        members: Vec<Signature>,
        call: &Call,
    ) -> Result<Node, CanvasError> {
        self.budget.copies(call.values(), members.len())?;
        let mut nodes = Vec::with_capacity(members.len());
        for member in members {
            let applied = self.apply(member, call.clone())?;
            nodes.extend(applied.map(|applied| applied.result));
        }
        // A group of nothing but a group is that group.
        if let [only] = &nodes[..]
            && only.members.is_some()
        {
            return Ok(only.clone());
        }
        let members = Some(nodes);
        Ok(Node { id, members })
    }
}

/// The members of a group and of all groups among them, without those that are empty.
pub(super) fn flattened(members: Vec<Signature>) -> Result<Vec<Signature>, CanvasError> {
    let mut flat = Vec::with_capacity(members.len());
    for member in members {
        let member = without_chunks(member)?;
        match member.shape {
            Shape::Group(members) => flat.extend(flattened(members)?),
            _ if member.has_no_members() => {}
            _ => flat.push(member),
        }
    }
    Ok(flat)
}

/// Chunks are a group of tasks, each of which does a few.
pub(super) fn without_chunks(signature: Signature) -> Result<Signature, CanvasError> {
    if !matches!(signature.shape, Shape::Chunks) {
        return Ok(signature);
    }
    let mut kwargs = signature.kwargs;
    let task = take(&mut kwargs, "task").ok_or_else(|| wrong("task"))?;
    let Some(Value::Array(arguments)) = kwargs.remove("it") else {
        return Err(wrong("it"));
    };
    let size = take(&mut kwargs, "n").and_then(|size| size.as_u64());
    let size = size.and_then(|size| usize::try_from(size).ok());
    let size = size.filter(|size| 0 < *size).ok_or_else(|| wrong("n"))?;
    if MOST_CHUNKS < arguments.len().div_ceil(size) {
        return Err(CanvasError::TooMuch);
    }
    let parts = arguments.chunks(size).map(|part| Signature {
        kwargs: [("task", task.clone()), ("it", json!(part))]
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect(),
        immutable: true,
        shape: Shape::Map,
        ..Signature::new("celery.starmap")
    });
    Ok(Signature {
        options: signature.options,
        ..Signature::group(parts.collect())
    })
}
