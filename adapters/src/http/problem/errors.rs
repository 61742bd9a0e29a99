//! What is wrong with each field of a request.

use std::collections::BTreeMap;

use domain::model::ValueError;
use serde::Serialize;

use super::Problem;

/// What is wrong with each field or parameter.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(in crate::http) struct Errors(BTreeMap<&'static str, Vec<String>>);

impl Errors {
    /// Notes that a field breaks its rule.
    pub(in crate::http) fn note(&mut self, field: &'static str, error: &ValueError) {
        self.say(field, format!("This field {error}."));
    }

    /// Notes a sentence about a field.
    pub(in crate::http) fn say(&mut self, field: &'static str, sentence: impl Into<String>) {
        self.0.entry(field).or_default().push(sentence.into());
    }

    /// A refusal that names all of them, if there are any.
    pub(in crate::http) fn check(self) -> Result<(), Problem> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(self))
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
