//! Percent-decoding, as Python does it to the path of a URL.

/// Replaces each `%` and two hexadecimal digits by the byte they name.
///
/// A `%` that two such digits do not follow stands for itself. `None` when the bytes are
/// not UTF-8, or hold a control character, which no path of ours has.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => digit(*high).zip(digit(*low)),
            _ => None,
        };
        let (byte, taken) = escaped.map_or((first, 1), |(high, low)| (high << 4 | low, 3));
        bytes.push(byte);
        rest = &rest[taken..];
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|it| !it.contains(char::is_control))
}

fn digit(character: u8) -> Option<u8> {
    char::from(character)
        .to_digit(16)
        .and_then(|it| u8::try_from(it).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_make_a_byte() {
        for (written, meant) in [
            ("a%20b", Some("a b")),
            ("%C3%A4", Some("ä")),
            ("%c3%a4%", Some("ä%")),
            ("100%", Some("100%")),
            ("%zz%1", Some("%zz%1")),
            ("%2541", Some("%41")),
            ("%FF", None),
            ("a%00", None),
        ] {
            assert_eq!(decoded(written).as_deref(), meant, "{written}");
        }
    }
}
