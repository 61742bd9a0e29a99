//! Gives everything in a signature its id and its place, before any of it is sent.

use serde_json::{Value, json};

use super::CanvasError;
use super::apply::Applying;
use super::chain::normalize;
use super::group::flattened;
use super::options::{Options, take, take_text};
use crate::redis::wire::{Shape, Signature};

/// Where a result will be: one, or those of a group.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) members: Option<Vec<Node>>,
}

impl Node {
    pub(super) fn single(id: String) -> Self {
        Self { id, members: None }
    }

    /// As Celery writes it (`as_tuple`), without what came before it.
    pub(super) fn written(&self) -> Value {
        match &self.members {
            None => json!([[self.id, null], null]),
            Some(members) => {
                let members: Vec<Value> = members.iter().map(Self::written).collect();
                json!([[self.id, null], members])
            }
        }
    }
}

/// What a signature is a part of.
#[derive(Clone, Debug, Default)]
pub(super) struct Seat {
    /// The id of its result, unless it has one.
    pub(super) id: Option<String>,
    /// Its group, unless it is in one.
    pub(super) group_id: Option<String>,
    /// Its place in the group.
    pub(super) index: Option<usize>,
    /// The body of the chord that it is a part of.
    pub(super) chord: Option<Value>,
}

impl Seat {
    /// Takes the seat out of options that name one.
    pub(super) fn taken_from(options: &mut Options) -> Result<Self, CanvasError> {
        let index = take(options, "group_index").and_then(|index| index.as_u64());
        Ok(Self {
            id: take_text(options, "task_id")?,
            group_id: take_text(options, "group_id")?,
            index: index.and_then(|index| index.try_into().ok()),
            chord: take(options, "chord"),
        })
    }

    /// The options that name the seat.
    pub(super) fn options(self) -> impl Iterator<Item = (String, Value)> {
        [
            ("task_id", self.id.map(Value::from)),
            ("group_id", self.group_id.map(Value::from)),
            ("group_index", self.index.map(Value::from)),
            ("chord", self.chord),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    }
}

impl Applying<'_> {
    /// Seats all that `signature` ends with; `None` when there is nothing in it to be done.
    pub(super) fn freeze(
        &mut self,
        signature: &mut Signature,
        seat: Seat,
    ) -> Result<Option<Node>, CanvasError> {
        let options = &mut signature.options;
        match &mut signature.shape {
            Shape::Task | Shape::Map | Shape::Chunks => self.freeze_single(options, seat).map(Some),
            Shape::Chain(steps) => {
                normalize(steps, &mut self.budget)?;
                let id = take_text(options, "task_id")?;
                let seat = Seat {
                    id: id.or(seat.id),
                    ..seat
                };
                self.freeze_steps(steps, seat)
            }
            Shape::Chord(chord) => {
                let id = take_text(options, "task_id")?;
                let seat = Seat {
                    id: id.or(seat.id),
                    ..seat
                };
                let group_id = take_text(&mut chord.header_options, "task_id")?;
                let group_id = group_id.unwrap_or_else(|| self.ids.next());
                let group_id = Value::from(group_id);
                chord.header_options.insert("task_id".to_owned(), group_id);
                chord.header = flattened(std::mem::take(&mut chord.header))?;
                self.freeze_members(&mut chord.header, &Seat::default())?;
                self.freeze(&mut chord.body, seat)
            }
            Shape::Group(members) => {
                let id = take_text(options, "task_id")?;
                let id = id.unwrap_or_else(|| self.ids.next());
                options.insert("task_id".to_owned(), id.clone().into());
                *members = flattened(std::mem::take(members))?;
                let members = self.freeze_members(members, &seat)?;
                let members = Some(members);
                Ok(Some(Node { id, members }))
            }
        }
    }

    /// The last step has the seat of the whole.
    pub(super) fn freeze_steps(
        &mut self,
        steps: &mut [Signature],
        seat: Seat,
    ) -> Result<Option<Node>, CanvasError> {
        let Some((last, others)) = steps.split_last_mut() else {
            return Ok(None);
        };
        for step in others {
            self.freeze(step, Seat::default())?;
        }
        self.freeze(last, seat)
    }

    /// All members have the seat of the whole, but each its own place and id.
    pub(super) fn freeze_members(
        &mut self,
        members: &mut [Signature],
        seat: &Seat,
    ) -> Result<Vec<Node>, CanvasError> {
        self.budget.copies(&seat.chord, members.len())?;
        let mut nodes = Vec::with_capacity(members.len());
        for (index, member) in members.iter_mut().enumerate() {
            let seat = Seat {
                id: None,
                index: Some(index),
                ..seat.clone()
            };
            nodes.extend(self.freeze(member, seat)?);
        }
        Ok(nodes)
    }

    fn freeze_single(&mut self, options: &mut Options, seat: Seat) -> Result<Node, CanvasError> {
        let id = take_text(options, "task_id")?.or(seat.id);
        let id = id.unwrap_or_else(|| self.ids.next());
        options.insert("task_id".to_owned(), id.clone().into());
        if let Some(group_id) = seat.group_id
            && options.get("group_id").is_none_or(Value::is_null)
        {
            options.insert("group_id".to_owned(), group_id.into());
        }
        if let Some(index) = seat.index {
            options.insert("group_index".to_owned(), index.into());
        }
        if let Some(chord) = seat.chord {
            options.insert("chord".to_owned(), chord);
        }
        Ok(Node::single(id))
    }
}
