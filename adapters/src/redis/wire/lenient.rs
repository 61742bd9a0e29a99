//! Numbers that Python writes and JSON does not know.

use std::borrow::Cow;

const NOT_NUMBERS: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];

/// `json` with `null` in place of what is no number.
pub(super) fn tamed(json: &[u8]) -> Cow<'_, [u8]> {
    let mut tamed: Option<Vec<u8>> = None;
    let (mut at, mut copied) = (0, 0);
    let (mut in_text, mut is_escaped) = (false, false);
    while at < json.len() {
        let rest = &json[at..];
        if !in_text && let Some(found) = NOT_NUMBERS.iter().find(|each| rest.starts_with(each)) {
            let tamed = tamed.get_or_insert_default();
            tamed.extend_from_slice(&json[copied..at]);
            tamed.extend_from_slice(b"null");
            at += found.len();
            copied = at;
            continue;
        }
        match rest[0] {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            _ => {}
        }
        at += 1;
    }
    match tamed {
        Some(mut tamed) => {
            tamed.extend_from_slice(&json[copied..]);
            Cow::Owned(tamed)
        }
        None => Cow::Borrowed(json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_outside_of_texts_is_replaced() {
        let json = br#"{"NaN": [NaN, -Infinity, "\"Infinity", Infinity, 1]}"#;

        assert_eq!(
            tamed(json).as_ref(),
            br#"{"NaN": [null, null, "\"Infinity", null, 1]}"#
        );
        assert!(matches!(tamed(b"[1, 2]"), Cow::Borrowed(_)));
    }
}
