//! Reads JSON objects field by field, and tells what is wrong with all of them at once.

mod readers;

use std::collections::HashMap;

use domain::model::ValueError;
use serde_json::Value;
use serde_json::value::RawValue;

pub(super) use self::readers::{any_text, date, flag, price, text};
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
    #[expect(
        clippy::option_option,
        reason = "the edits of the domain tell leaving from emptying in this way"
    )]
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
