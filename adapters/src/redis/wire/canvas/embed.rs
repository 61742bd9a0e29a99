//! What a message says of the work around its task.

use domain::tasks::{Payload, numbers};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::CanvasError;

/// What a message says of the work around its task, as it came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embed {
    /// What is sent with the result.
    pub callbacks: Vec<Value>,
    /// What is sent when the task has failed.
    pub errbacks: Vec<Value>,
    /// The steps that follow; the last element is next.
    pub chain: Vec<Value>,
    /// The body of the chord that the task is a part of.
    pub chord: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Embedded {
    callbacks: Value,
    errbacks: Value,
    chain: Value,
    chord: Value,
}

impl Embed {
    /// What the payload of a foreign message says.
    ///
    /// # Errors
    ///
    /// When it is not `[args, kwargs, embed]` in JSON.
    pub fn read(payload: &Payload) -> Result<Self, CanvasError> {
        let embedded = numbers::read(payload.as_bytes(), parsed)?;
        Ok(Self {
            callbacks: list("callbacks", embedded.callbacks)?,
            errbacks: list("errbacks", embedded.errbacks)?,
            chain: list("chain", embedded.chain)?,
            chord: Some(embedded.chord).filter(|chord| !chord.is_null()),
        })
    }

    /// Whether nothing comes after the task, however it ends.
    pub fn is_empty(&self) -> bool {
        self.callbacks.is_empty()
            && self.errbacks.is_empty()
            && self.chain.is_empty()
            && self.chord.is_none()
    }
}

/// Arguments are not built.
fn parsed(json: &[u8]) -> Result<Embedded, CanvasError> {
    type Body = (IgnoredAny, IgnoredAny, Option<Embedded>);
    let (_, _, embedded): Body = serde_json::from_slice(json).map_err(|_| CanvasError::NoBody)?;
    Ok(embedded.unwrap_or_default())
}

/// Several, or one without a list around it.
pub(super) fn list(what: &'static str, value: Value) -> Result<Vec<Value>, CanvasError> {
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(values) => Ok(values),
        value @ Value::Object(_) => Ok(vec![value]),
        _ => Err(CanvasError::NotOfItsKind(what.to_owned())),
    }
}
