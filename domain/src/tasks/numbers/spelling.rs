//! Finds the numbers that JSON lacks, without reading anything else.

use std::borrow::Cow;

use super::{END, FRONT};

/// How many there may be: an object takes two hundred times as much room as `NaN` (G9).
pub(super) const MOST: usize = 100_000;
/// How many digits an integer has at least that may be too long to be exact.
const LONG: usize = 19;

/// Whether there are so many digits in a row, be it in a text. Looks at few bytes: no such row
/// is between one and the next.
pub(super) fn has_long_run(json: &[u8]) -> bool {
    let mut at = LONG - 1;
    while let Some(byte) = json.get(at) {
        let mut behind = 0;
        if byte.is_ascii_digit() {
            let is_digit = |byte: &&u8| byte.is_ascii_digit();
            let before = json[..at].iter().rev().take_while(is_digit).count();
            behind = json[at..].iter().take_while(is_digit).count();
            if LONG <= before + behind {
                return true;
            }
        }
        at += behind + LONG;
    }
    false
}

/// `json` with objects in place of the numbers that JSON lacks.
///
/// What is more than enough of them is left out, which makes it no JSON.
pub(super) fn spelled(json: &[u8]) -> Cow<'_, [u8]> {
    let mut spelled = Vec::new();
    let (mut at, mut copied, mut count) = (0, 0, 0);
    while let Some(&byte) = json.get(at) {
        let from = at;
        if byte == b'"' {
            at = behind_text(json, at);
        } else if is_of_a_word(byte) {
            let is_of_it = |byte: &&u8| is_of_a_word(**byte);
            at += json[at..].iter().take_while(is_of_it).count();
            let word = &json[from..at];
            if is_lacking(word) {
                spelled.extend_from_slice(&json[copied..from]);
                copied = at;
                count += 1;
                if count <= MOST {
                    spelled.extend_from_slice(FRONT.as_bytes());
                    spelled.extend_from_slice(word);
                    spelled.extend_from_slice(END.as_bytes());
                }
            }
        } else {
            at += 1;
        }
    }
    if count == 0 {
        return Cow::Borrowed(json);
    }
    spelled.extend_from_slice(&json[copied..]);
    Cow::Owned(spelled)
}

/// Where the text ends that begins at `at`, if it does.
fn behind_text(json: &[u8], at: usize) -> usize {
    let mut is_escaped = false;
    let quote = json[at + 1..].iter().position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    quote.map_or(json.len(), |quote| at + 1 + quote + 1)
}

/// Whether it is a part of a number, or of a word like `null`.
fn is_of_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// Whether a word is a number as Python reads it.
pub(super) fn is_number(word: &str) -> bool {
    is_of_python_alone(word) || is_of_json(word)
}

/// Whether a word is a number that is not read as it is.
pub(super) fn is_lacking(word: &[u8]) -> bool {
    let Ok(word) = std::str::from_utf8(word) else {
        return false;
    };
    if is_of_python_alone(word) {
        return true;
    }
    if !is_of_json(word) {
        return false;
    }
    if word.contains(['.', 'e', 'E']) {
        return word.parse().is_ok_and(f64::is_infinite);
    }
    word.parse::<u64>().is_err() && word.parse::<i64>().is_err()
}

fn is_of_python_alone(word: &str) -> bool {
    matches!(word, "NaN" | "Infinity" | "-Infinity")
}

fn is_of_json(word: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, exponent) = match word.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (word, None),
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    let exponent = exponent.map(|each| each.strip_prefix(['+', '-']).unwrap_or(each));
    is_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(is_digits)
        && exponent.is_none_or(is_digits)
}
