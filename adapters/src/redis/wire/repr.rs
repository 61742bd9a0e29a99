//! Arguments as Python would show them, for the people who look at a queue.

use std::fmt::Write as _;

use domain::tasks::{Payload, numbers};
use serde_json::Value;

/// How many characters are shown.
const MOST: usize = 1024;
/// How many levels are shown.
const MOST_LEVELS: usize = 3;
/// What is nearer to zero is shown with an exponent, of two digits at least.
const LEAST_WITHOUT_EXPONENT: f64 = 1e-4;

/// Positional and keyword arguments as Python shows them, as far as they can be read.
pub(in crate::redis) fn arguments(payload: &Payload) -> (String, String) {
    let (positional, keywords) = payload.arguments().unwrap_or_default();
    (tuple(&positional), dictionary(&keywords))
}

/// Positional arguments as Python shows a tuple.
pub(super) fn tuple(arguments: &[Value]) -> String {
    let mut shown = String::from("(");
    items(&mut shown, arguments, 1);
    if arguments.len() == 1 {
        shown.push(',');
    }
    shown.push(')');
    cut(shown)
}

/// Any value as Python shows it.
pub(in crate::redis) fn value(value: &Value) -> String {
    let mut shown = String::new();
    show(&mut shown, value, 1);
    cut(shown)
}

/// Keyword arguments as Python shows a dictionary.
pub(super) fn dictionary(arguments: &serde_json::Map<String, Value>) -> String {
    let mut shown = String::new();
    entries(&mut shown, arguments, 1);
    cut(shown)
}

/// What makes an object of the class `name`.
pub(super) fn call(name: &str, arguments: &[Value]) -> String {
    let mut shown = format!("{name}(");
    items(&mut shown, arguments, 1);
    shown.push(')');
    cut(shown)
}

fn show(shown: &mut String, value: &Value, level: usize) {
    // What comes behind is cut off anyway.
    if MOST < shown.len() {
        return;
    }
    match value {
        Value::Null => shown.push_str("None"),
        Value::Bool(true) => shown.push_str("True"),
        Value::Bool(false) => shown.push_str("False"),
        Value::Number(number) => match number.as_f64() {
            Some(float)
                if number.is_f64() && float != 0.0 && float.abs() < LEAST_WITHOUT_EXPONENT =>
            {
                let text = format!("{float:e}");
                let (digits, exponent) = text.split_once("e-").unwrap_or((&text, ""));
                let _ = write!(shown, "{digits}e-{exponent:0>2}");
            }
            _ => {
                let _ = write!(shown, "{number}");
            }
        },
        Value::String(text) => quote(shown, text),
        Value::Array(_) | Value::Object(_)
            if MOST_LEVELS < level && numbers::number_in(value).is_none() =>
        {
            shown.push_str("...");
        }
        Value::Array(values) => {
            shown.push('[');
            items(shown, values, level + 1);
            shown.push(']');
        }
        Value::Object(map) => match numbers::number_in(value) {
            Some(number) => shown.push_str(short(number)),
            None => entries(shown, map, level + 1),
        },
    }
}

/// A number that JSON lacks as Python shows it: what is too large for it is infinite.
fn short(number: &str) -> &str {
    let is_whole = number
        .bytes()
        .all(|byte| matches!(byte, b'-' | b'0'..=b'9'));
    match number.parse() {
        _ if is_whole => &number[..number.len().min(MOST)],
        Ok(f64::INFINITY) => "inf",
        Ok(f64::NEG_INFINITY) => "-inf",
        _ => "nan",
    }
}

fn items(shown: &mut String, values: &[Value], level: usize) {
    for (place, value) in values.iter().enumerate() {
        if 0 < place {
            shown.push_str(", ");
        }
        show(shown, value, level);
    }
}

fn entries(shown: &mut String, map: &serde_json::Map<String, Value>, level: usize) {
    shown.push('{');
    for (place, (name, value)) in map.iter().enumerate() {
        if 0 < place {
            shown.push_str(", ");
        }
        quote(shown, name);
        shown.push_str(": ");
        show(shown, value, level);
    }
    shown.push('}');
}

fn quote(shown: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    shown.push(quote);
    for character in text.chars().take(MOST) {
        match character {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            '\\' => shown.push_str("\\\\"),
            _ if character == quote => {
                shown.push('\\');
                shown.push(character);
            }
            _ if character.is_control() => {
                let _ = write!(shown, "\\x{:02x}", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    shown.push(quote);
}

/// As much of a text as is shown.
pub(in crate::redis) fn cut(mut shown: String) -> String {
    const DOTS: &str = "...";
    if let Some((end, _)) = shown.char_indices().nth(MOST) {
        let kept = shown[..end]
            .char_indices()
            .nth(MOST - DOTS.len())
            .map_or(end, |(at, _)| at);
        shown.truncate(kept);
        shown.push_str(DOTS);
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(value: &Value) -> String {
        match value {
            Value::Array(values) => tuple(values),
            Value::Object(map) => dictionary(map),
            _ => unreachable!("arguments are an array or an object"),
        }
    }

    #[test]
    fn values_are_shown_as_python_shows_them() {
        for (value, expected) in [
            (json!([]), "()"),
            (json!([2]), "(2,)"),
            (
                json!([2, 3.5, null, true, "a"]),
                "(2, 3.5, None, True, 'a')",
            ),
            (
                json!({"a": "it's", "b": ["\"'\n"]}),
                r#"{'a': "it's", 'b': ['"\'\n']}"#,
            ),
            (json!([[[[[1]]]]]), "([[[...]]],)"),
            (
                json!([-1e-5, 1.5e-300, 0.0001, -0.0, 1e15, 1e16]),
                "(-1e-05, 1.5e-300, 0.0001, -0.0, 1000000000000000.0, 1e+16)",
            ),
        ] {
            assert_eq!(shown(&value), expected);
        }
    }

    #[test]
    fn numbers_that_json_lacks_are_shown_as_python_shows_them() {
        let json = b"[[[[NaN, -Infinity, 1e400, -1e400, 18446744073709551616]]], {}, {}]";

        let (args, _) = arguments(&Payload::from_bytes(json.to_vec()));

        assert_eq!(args, "([[nan, -inf, inf, -inf, 18446744073709551616]],)");
    }

    #[test]
    fn results_and_exceptions_are_shown_as_python_shows_them() {
        assert_eq!(value(&json!(5)), "5");
        assert_eq!(value(&json!({"a": [1.5, null]})), "{'a': [1.5, None]}");
        assert_eq!(call("ValueError", &["boom".into()]), "ValueError('boom')");
        assert_eq!(call("E", &["it's".into()]), "E(\"it's\")");
        let long = call("E", &["x".repeat(5000).into()]);
        assert_eq!(long.chars().count(), MOST);
    }

    #[test]
    fn what_is_long_is_cut() {
        for value in [json!(["ä".repeat(5000)]), json!(vec![1; 5000])] {
            let shown = shown(&value);
            assert_eq!(shown.chars().count(), MOST);
            assert!(shown.ends_with("..."));
        }
    }
}
