//! Numbers that Python writes into JSON and JSON does not know.
//!
//! Python has integers of any size, and writes `NaN`, `Infinity` and `-Infinity`. To whoever
//! does tasks such a number is one of Celery's typed objects, of a type of our own:
//! `{"__type__": "backbeat.number", "__value__": "NaN"}`. It is that from where JSON is
//! [read] until where it is [written] again, as the number it was.

mod any;
mod spelling;

use std::borrow::Cow;

use serde_json::Value;

pub use self::any::AnyNumber;
use self::spelling::{has_long_run, is_number, spelled};

/// The type of such an object.
const TYPE: &str = "backbeat.number";
/// As it stands in JSON.
const MARK: &str = r#""backbeat.number""#;
/// What comes before the number in JSON without spaces.
const FRONT: &str = r#"{"__type__":"backbeat.number","__value__":""#;
const END: &str = r#""}"#;

/// What `reader` makes of `json`, which may be Python's. JSON as everybody knows it is given to it
/// as it is; it may be called twice.
///
/// # Errors
///
/// Those of `reader`.
pub fn read<T, E>(json: &[u8], mut reader: impl FnMut(&[u8]) -> Result<T, E>) -> Result<T, E> {
    // What is too long would be read, but as another number; all else is not read at all.
    if has_long_run(json) {
        return reader(&spelled(json));
    }
    reader(json).or_else(|error| match spelled(json) {
        Cow::Owned(spelled) => reader(&spelled),
        Cow::Borrowed(_) => Err(error),
    })
}

/// The JSON that Python reads: `json`, which has no spaces, with the numbers themselves.
pub fn written(json: String) -> String {
    if !json.contains(MARK) {
        return json;
    }
    let mut parts = json.split(FRONT);
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(END) {
            Some((number, rest)) if is_number(number) => {
                written.push_str(number);
                written.push_str(rest);
            }
            _ => {
                written.push_str(FRONT);
                written.push_str(part);
            }
        }
    }
    written
}

/// The number, as JSON has it or would have it, if `value` stands for one that JSON lacks.
pub fn number_in(value: &Value) -> Option<&str> {
    let object = value.as_object().filter(|object| object.len() == 2)?;
    let is_ours = object.get("__type__")?.as_str()? == TYPE;
    let number = object.get("__value__")?.as_str()?;
    (is_ours && is_number(number)).then_some(number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(json: &str) -> Result<Value, serde_json::Error> {
        read(json.as_bytes(), |json| serde_json::from_slice(json))
    }

    #[test]
    fn numbers_are_typed_objects_until_they_are_written() {
        for number in [
            "NaN",
            "Infinity",
            "-Infinity",
            "1180591620717411303424",
            "18446744073709551616",
            "-9223372036854775809",
            "1e400",
            "-2.5E+999",
        ] {
            let json = format!(r#"{{"{number}":[[{number}],"{number}",1,{{"a":{number}}}]}}"#);
            let read = value(&json).expect(number);
            let object = json!({"__type__": "backbeat.number", "__value__": number});

            assert_eq!(
                read,
                json!({number: [[object], number, 1, {"a": object}]}),
                "{number}"
            );
            assert_eq!(number_in(&object), Some(number));
            assert_eq!(written(read.to_string()), json);
        }
    }

    #[test]
    fn numbers_that_json_has_stay_numbers() {
        let json = "[18446744073709551615,-9223372036854775808,0.1234567890123456789012345,1e-999]";

        let read = value(json).expect("JSON");

        let expected = json!([u64::MAX, i64::MIN, 0.123_456_789_012_345_68, 0.0]);
        assert_eq!(read, expected);
    }

    #[test]
    fn what_is_no_number_is_no_number() {
        for json in [
            "nan",
            "-NaN",
            "NaNNaN",
            "+Infinity",
            "01",
            "1.",
            "00000000000000000000",
            "[,]",
        ] {
            assert!(value(json).is_err(), "{json}");
        }
        for odd in [
            r#"{"__type__":"backbeat.number","__value__":"x"}"#,
            r#"{"__type__":"backbeat.number","__value__":"1","a":2}"#,
            r#"{"__type__":"backbeat.number","__value__":1}"#,
            r#"{"__type__":"decimal","__value__":"1"}"#,
            r#"["{\"__type__\":\"backbeat.number\",\"__value__\":\"1\"}"]"#,
        ] {
            assert_eq!(written(odd.to_owned()), odd);
            assert_eq!(number_in(&value(odd).expect("JSON")), None);
        }
    }

    #[test]
    fn more_of_them_than_anybody_needs_are_refused() {
        let many = |count: usize| format!("[{}NaN]", "NaN,".repeat(count - 1));

        assert!(value(&many(spelling::MOST)).is_ok());
        assert!(value(&many(spelling::MOST + 1)).is_err());
    }
}
