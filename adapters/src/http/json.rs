//! Reads JSON objects field by field, and tells what is wrong with all of them at once.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use domain::model::{Price, ValueError};
use serde_json::Value;
use serde_json::value::RawValue;

use super::problem::{Errors, Problem};

/// The value of a field as JSON has it; a number is still the text that was sent.
#[derive(Debug, PartialEq)]
pub(super) enum Given<'a> {
    Null,
    Flag(bool),
    Number(&'a str),
    Text(String),
    /// An array or an object.
    Nested,
}

/// The fields of an object, and what has been wrong with those that were read.
pub(super) struct Fields<'a> {
    given: HashMap<String, Given<'a>>,
    errors: Errors,
}

/// A field is wrong; what is wrong with it is noted where it was read.
#[derive(Debug)]
pub(super) struct Invalid;

/// What `read` makes of the object that `body` holds.
///
/// Fields that `read` does not ask for are nobody's business; of a field given twice
/// the last counts. The refusal names every field that `read` found wrong, so it should
/// read all of them before it gives up over one.
pub(super) fn object<T>(
    body: &[u8],
    read: impl FnOnce(&mut Fields<'_>) -> Result<T, Invalid>,
) -> Result<T, Problem> {
    let given = parsed(body).map_err(|error| {
        if error.is_data() {
            Problem::bad_request("Invalid data. Expected a JSON object.")
        } else {
            Problem::bad_request(format!("JSON parse error - {error}"))
        }
    })?;
    let mut fields = Fields {
        given,
        errors: Errors::default(),
    };
    match read(&mut fields) {
        Ok(read) => fields.errors.check().map(|()| read),
        Err(Invalid) => Err(Problem::invalid(fields.errors)),
    }
}

impl<'a> Fields<'a> {
    /// A field that must be there.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Given<'a>) -> Result<T, ValueError>,
    ) -> Result<T, Invalid> {
        match self.changed(name, read)? {
            Some(value) => Ok(value),
            None => self.refuse(name, &ValueError::Rule("is required")),
        }
    }

    /// A field that may be missing or null.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Given<'a>) -> Result<T, ValueError>,
    ) -> Result<Option<T>, Invalid> {
        self.clearable(name, read).map(Option::flatten)
    }

    /// A field that may be missing, but is not null.
    pub(super) fn changed<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Given<'a>) -> Result<T, ValueError>,
    ) -> Result<Option<T>, Invalid> {
        match self.clearable(name, read)? {
            Some(None) => self.refuse(name, &ValueError::Rule("may not be null")),
            Some(value) => Ok(value),
            None => Ok(None),
        }
    }

    /// A field that may be missing (`None`) or null (`Some(None)`).
    pub(super) fn clearable<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Given<'a>) -> Result<T, ValueError>,
    ) -> Result<Option<Option<T>>, Invalid> {
        match self.given.remove(name) {
            None => Ok(None),
            Some(Given::Null) => Ok(Some(None)),
            Some(given) => match read(given) {
                Ok(value) => Ok(Some(Some(value))),
                Err(error) => self.refuse(name, &error),
            },
        }
    }

    fn refuse<T>(&mut self, name: &'static str, error: &ValueError) -> Result<T, Invalid> {
        self.errors.note(name, error);
        Err(Invalid)
    }
}

/// A string that follows the rule of `T`.
pub(super) fn text<T: TryFrom<String, Error = ValueError>>(
    given: Given<'_>,
) -> Result<T, ValueError> {
    any_text(given).and_then(T::try_from)
}

/// A string, whatever it says.
pub(super) fn any_text(given: Given<'_>) -> Result<String, ValueError> {
    match given {
        Given::Text(text) => Ok(text),
        _ => Err(ValueError::Rule("must be a string")),
    }
}

/// A price, as a string or as a number; exactly what was sent, never rounded.
pub(super) fn price(given: Given<'_>) -> Result<Price, ValueError> {
    match given {
        Given::Number(literal) => Price::try_from(literal.to_owned()),
        Given::Text(text) => Price::try_from(text),
        // An empty text is no price; its refusal says what one is.
        _ => Price::try_from(String::new()),
    }
}

/// A day as ISO 8601 writes it, from the year 1 to the year 9999.
pub(super) fn date(given: Given<'_>) -> Result<NaiveDate, ValueError> {
    let text = any_text(given).unwrap_or_default();
    let has_form = text.len() == 10 && !text.starts_with(['+', '-']) && !text.contains(' ');
    NaiveDate::parse_from_str(&text, "%Y-%m-%d")
        .ok()
        .filter(|date| has_form && 1 <= date.year())
        .ok_or(ValueError::Rule("must be a date like 2024-05-31"))
}

/// True or false.
pub(super) fn flag(given: Given<'_>) -> Result<bool, ValueError> {
    match given {
        Given::Flag(flag) => Ok(flag),
        _ => Err(ValueError::Rule("must be true or false")),
    }
}

fn parsed(body: &[u8]) -> Result<HashMap<String, Given<'_>>, serde_json::Error> {
    let fields: HashMap<String, &RawValue> = serde_json::from_slice(body)?;
    let given = fields.into_iter();
    given
        .map(|(name, raw)| Ok((name, value(raw.get())?)))
        .collect()
}

fn value(json: &str) -> Result<Given<'_>, serde_json::Error> {
    Ok(match json.as_bytes().first() {
        Some(b'n') => Given::Null,
        Some(b't') => Given::Flag(true),
        Some(b'f') => Given::Flag(false),
        Some(b'"') => Given::Text(serde_json::from_str(json)?),
        Some(b'[' | b'{') => {
            // Nobody asks for what is in there, but too deep a nest is refused as ever.
            serde_json::from_str::<Value>(json)?;
            Given::Nested
        }
        _ => Given::Number(json),
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use domain::model::AlbumName;

    use super::*;

    #[test]
    fn values_are_told_apart_and_numbers_stay_as_they_were_sent() {
        let body = br#"{"a":null,"b":true,"c":1e999,"d":"\u00e5","e":[{}],"c":0.10}"#;
        let given = parsed(body).unwrap();

        assert_eq!(given["a"], Given::Null);
        assert_eq!(given["b"], Given::Flag(true));
        assert_eq!(given["c"], Given::Number("0.10"));
        assert_eq!(given["d"], Given::Text("å".to_owned()));
        assert_eq!(given["e"], Given::Nested);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        for body in [
            &b""[..],
            b"{",
            b"[]",
            b"7",
            b"{}x",
            b"{\"a\":NaN}",
            b"{\"a\":\"\xff\"}",
            b"{\"\xff\":1}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":01}",
            b"\xef\xbb\xbf{}",
            deep.as_bytes(),
        ] {
            let text = String::from_utf8_lossy(body);
            assert!(object(body, |_| Ok(())).is_err(), "{text}");
        }
    }

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

    #[test]
    fn null_and_missing_are_two_things() {
        let body = br#"{"null":null,"name":"x"}"#;
        object(body, |fields| {
            assert_eq!(fields.clearable("null", any_text)?, Some(None));
            assert_eq!(fields.clearable("missing", any_text)?, None);
            assert_eq!(fields.optional("null", any_text)?, None);
            assert!(fields.required("name", text::<AlbumName>).is_ok());
            Ok(())
        })
        .unwrap();

        assert!(object(body, |fields| fields.changed("null", any_text)).is_err());
        assert!(object(body, |fields| fields.required("missing", any_text)).is_err());
    }
}
