//! How the text of a mail travels: lines end with CR LF, and no line is a single dot.

/// `mail` as it travels, without the final dot (RFC 5321, 4.5.2).
///
/// A CR or LF by itself becomes CR LF: servers disagree on what it means, and a mail that
/// ends early for one of them can smuggle another one in.
pub(super) fn stuffed(mail: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(mail.len() + mail.len() / 32 + 64);
    let mut rest = mail;
    while !rest.is_empty() {
        if rest[0] == b'.' {
            wire.push(b'.');
        }
        let end = rest
            .iter()
            .position(|each| matches!(each, b'\r' | b'\n'))
            .unwrap_or(rest.len());
        wire.extend_from_slice(&rest[..end]);
        wire.extend_from_slice(b"\r\n");
        rest = &rest[end..];
        rest = rest
            .strip_prefix(b"\r\n")
            .or_else(|| rest.get(1..))
            .unwrap_or_default();
    }
    wire
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_a_single_dot_and_every_line_is_ended() {
        for (mail, wire) in [
            ("", ""),
            ("a", "a\r\n"),
            ("a\r\n", "a\r\n"),
            (".", "..\r\n"),
            ("a\r\n.\r\nb", "a\r\n..\r\nb\r\n"),
            ("a\n.\nb", "a\r\n..\r\nb\r\n"),
            ("a\r.\rb", "a\r\n..\r\nb\r\n"),
            ("a\n\r.b\r\r\n", "a\r\n\r\n..b\r\n\r\n"),
            ("a.b\n..c\n\n", "a.b\r\n...c\r\n\r\n"),
        ] {
            assert_eq!(
                String::from_utf8_lossy(&stuffed(mail.as_bytes())),
                wire,
                "{mail:?}"
            );
        }
    }
}
