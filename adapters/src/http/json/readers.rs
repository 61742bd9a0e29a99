//! How the value of a field becomes a value of ours.

use chrono::{Datelike, NaiveDate};
use domain::model::{Price, ValueError};

use super::Given;

/// A string that follows the rule of `T`.
pub(in crate::http) fn text<T: TryFrom<String, Error = ValueError>>(
    given: Given<'_>,
) -> Result<T, ValueError> {
    any_text(given).and_then(T::try_from)
}

/// A string, whatever it says.
pub(in crate::http) fn any_text(given: Given<'_>) -> Result<String, ValueError> {
    match given {
        Given::Text(text) => Ok(text),
        _ => Err(ValueError::Rule("must be a string")),
    }
}

/// A price, as a string or as a number; exactly what was sent, never rounded.
pub(in crate::http) fn price(given: Given<'_>) -> Result<Price, ValueError> {
    match given {
        Given::Number(literal) => Price::try_from(literal.to_owned()),
        Given::Text(text) => Price::try_from(text),
        // An empty text is no price; its refusal says what one is.
        _ => Price::try_from(String::new()),
    }
}

/// A day as ISO 8601 writes it, from the year 1 to the year 9999.
pub(in crate::http) fn date(given: Given<'_>) -> Result<NaiveDate, ValueError> {
    let text = any_text(given).unwrap_or_default();
    let has_form = text.len() == 10 && !text.starts_with(['+', '-']) && !text.contains(' ');
    NaiveDate::parse_from_str(&text, "%Y-%m-%d")
        .ok()
        .filter(|date| has_form && 1 <= date.year())
        .ok_or(ValueError::Rule("must be a date like 2024-05-31"))
}

/// True or false.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is read like every other field"
)]
pub(in crate::http) fn flag(given: Given<'_>) -> Result<bool, ValueError> {
    match given {
        Given::Flag(flag) => Ok(flag),
        _ => Err(ValueError::Rule("must be true or false")),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn prices_are_never_rounded() {
        assert_eq!(price(Given::Number("9.9")).unwrap().hundredths(), 990);
        assert_eq!(
            price(Given::Text("0.07".to_owned())).unwrap().hundredths(),
            7
        );
        for literal in ["-1", "1e3", "9.999", "100000000", "0.1000000000000000055"] {
            assert!(price(Given::Number(literal)).is_err(), "{literal}");
        }
        assert!(price(Given::Flag(true)).is_err());
        assert!(price(Given::Nested).is_err());
    }

    #[test]
    fn dates_have_one_form() {
        let read = |text: &str| date(Given::Text(text.to_owned()));
        assert_eq!(read("2024-02-29").unwrap().to_string(), "2024-02-29");
        for text in [
            "",
            "2023-02-29",
            "2024-2-9",
            "0000-01-01",
            "+2024-01-1",
            "12024-1-01",
            "2024-05-31T00:00:00Z",
            "2024-05- 1",
            "31.05.2024",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
