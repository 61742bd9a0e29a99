//! A bound on what one message may make us send.
//!
//! A short message can ask for a lot: each of its thousand tasks with a copy of a long body.

use serde_json::Value;

use super::CanvasError;

/// How many bytes may be made of one message.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// About what a value takes beside its text.
const OVERHEAD: usize = 16;

/// What may still be made.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MOST_BYTES)
    }
}

impl Budget {
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), CanvasError> {
        self.0 = self.0.checked_sub(bytes).ok_or(CanvasError::TooMuch)?;
        Ok(())
    }

    /// Pays for so many copies of these.
    pub(super) fn copies<'a>(
        &mut self,
        values: impl IntoIterator<Item = &'a Value>,
        count: usize,
    ) -> Result<(), CanvasError> {
        let weight: usize = values.into_iter().map(weight).sum();
        self.spend(weight.saturating_mul(count))
    }
}

/// About how many bytes a value takes.
pub(super) fn weight(value: &Value) -> usize {
    let inner = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(weight).sum(),
        Value::Object(map) => {
            let entry = |(name, value): (&String, &Value)| OVERHEAD + name.len() + weight(value);
            map.iter().map(entry).sum()
        }
    };
    OVERHEAD + inner
}
