//! The part of a URL behind the question mark.

use domain::model::ValueError;
use url::form_urlencoded;

use super::problem::{Errors, Problem};

/// No name is longer, so no part of one is; a store need not look.
const MOST: usize = 200;

/// The parameters of a request, in the order they were given.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads `raw`; bytes that are no UTF-8 become replacement characters.
    pub(super) fn parse(raw: &str) -> Self {
        Self(
            form_urlencoded::parse(raw.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The parameters other than those in `left_out`.
    pub(super) fn without(&self, left_out: &[&str]) -> impl Iterator<Item = &(String, String)> {
        self.0
            .iter()
            .filter(move |(name, _)| !left_out.contains(&name.as_str()))
    }

    /// The value of `name` without blanks at its ends: of several the last, and an empty
    /// one is none.
    fn get(&self, name: &str) -> Option<&str> {
        let last = self.0.iter().rev().find(|(each, _)| each == name);
        last.map(|(_, value)| value.trim())
            .filter(|value| !value.is_empty())
    }
}

/// Reads parameters and collects what is wrong with all of them.
pub(super) struct Parameters<'a> {
    query: &'a Query,
    errors: Errors,
}

impl<'a> Parameters<'a> {
    pub(super) fn of(query: &'a Query) -> Self {
        Self {
            query,
            errors: Errors::default(),
        }
    }

    /// The value of `name` as `read` reads it; `None` when it is not given or wrong.
    pub(super) fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, ValueError>,
    ) -> Option<T> {
        match read(self.query.get(name)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.errors.note(name, &error);
                None
            }
        }
    }

    /// A refusal that names all wrong parameters, if there are any.
    pub(super) fn check(self) -> Result<(), Problem> {
        self.errors.check()
    }
}

/// A part of a name, to search for.
pub(super) fn part_of_name(text: &str) -> Result<String, ValueError> {
    if MOST < text.chars().count() {
        return Err(ValueError::TooLong { most: MOST });
    }
    if text.chars().any(char::is_control) {
        return Err(ValueError::ControlCharacter);
    }
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(ValueError::Rule("must be UTF-8 text"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_counts_and_an_empty_one_is_none() {
        let query = Query::parse("a=1&b=+x%20y+&a=2&c=&%ff=z");

        assert_eq!(query.get("a"), Some("2"));
        assert_eq!(query.get("b"), Some("x y"));
        assert_eq!(query.get("c"), None);
        assert_eq!(query.get("d"), None);
    }

    #[test]
    fn what_no_name_can_contain_is_not_searched_for() {
        assert!(part_of_name(&"å".repeat(200)).is_ok());
        assert!(part_of_name(&"a".repeat(201)).is_err());
        assert!(part_of_name("a\0b").is_err());
    }

    #[test]
    fn bytes_that_are_no_text_are_not_searched_for() {
        let query = Query::parse("search=%ff");

        assert!(part_of_name(query.get("search").unwrap_or_default()).is_err());
    }
}
