//! A signature as it stands in a message.
//!
//! The parser of JSON has bounded how deep it is nested, and its length bounds the rest.

use serde_json::{Map, Value};

use super::{Chord, Shape, Signature};
use crate::redis::wire::canvas::CanvasError;

pub(super) fn signature(value: Value) -> Result<Signature, CanvasError> {
    let Value::Object(mut map) = value else {
        return Err(CanvasError::NoSignature);
    };
    let Some(Value::String(task)) = map.remove("task") else {
        return Err(CanvasError::NoSignature);
    };
    let args = list("args", map.remove("args"))?;
    let mut kwargs = object("kwargs", map.remove("kwargs"))?;
    let options = object("options", map.remove("options"))?;
    let immutable = matches!(map.get("immutable"), Some(Value::Bool(true)));
    let shape = match map.remove("subtask_type") {
        None | Some(Value::Null) => Shape::Task,
        Some(Value::String(kind)) => shape(&kind, &mut kwargs)?,
        Some(_) => return Err(CanvasError::NoSignature),
    };
    Ok(Signature {
        task,
        args,
        kwargs,
        options,
        immutable,
        shape,
    })
}

/// Takes out of `kwargs` what makes a signature of this kind.
fn shape(kind: &str, kwargs: &mut Map<String, Value>) -> Result<Shape, CanvasError> {
    match kind {
        "chain" => Ok(Shape::Chain(members(kwargs.remove("tasks"))?)),
        "group" => Ok(Shape::Group(members(kwargs.remove("tasks"))?)),
        "chord" => {
            let (header, header_options) = header(kwargs.remove("header"))?;
            let body = signature(kwargs.remove("body").unwrap_or_default())?;
            let kwargs = object("kwargs", kwargs.remove("kwargs"))?;
            Ok(Shape::Chord(Box::new(Chord {
                header,
                header_options,
                kwargs,
                body,
            })))
        }
        "xmap" | "xstarmap" => Ok(Shape::Map),
        "chunks" => Ok(Shape::Chunks),
        other => Err(CanvasError::UnknownKind(other.chars().take(100).collect())),
    }
}

/// The members of a header, and its own options when it is a group.
fn header(value: Option<Value>) -> Result<(Vec<Signature>, Map<String, Value>), CanvasError> {
    let Some(value @ Value::Object(_)) = value else {
        return Ok((members(value)?, Map::new()));
    };
    let single = signature(value)?;
    match single.shape {
        Shape::Group(members) => Ok((members, single.options)),
        _ => Ok((vec![single], Map::new())),
    }
}

/// A list of signatures, a group in its place, or a single one.
fn members(value: Option<Value>) -> Result<Vec<Signature>, CanvasError> {
    match value {
        Some(Value::Array(values)) => values.into_iter().map(signature).collect(),
        Some(value @ Value::Object(_)) => Ok(header(Some(value))?.0),
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(_) => Err(CanvasError::NoSignature),
    }
}

pub(in crate::redis::wire) fn list(
    what: &'static str,
    value: Option<Value>,
) -> Result<Vec<Value>, CanvasError> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(values)) => Ok(values),
        Some(_) => Err(CanvasError::NotOfItsKind(what.to_owned())),
    }
}

pub(in crate::redis::wire) fn object(
    what: &'static str,
    value: Option<Value>,
) -> Result<Map<String, Value>, CanvasError> {
    match value {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(CanvasError::NotOfItsKind(what.to_owned())),
    }
}
