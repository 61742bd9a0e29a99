//! What a server says, and where in the conversation it says it.

use std::fmt;

/// The most that one reply may hold: a server that says more is none.
const MOST_BYTES: usize = 64 * 1024;

/// A reply: its code, and its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// The three digits.
    pub(super) code: u16,
    /// What stands behind them, line by line.
    pub(super) lines: Vec<String>,
}

/// What came is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nonsense;

impl Reply {
    /// The first reply in `bytes` and how many of them it took; `None` when its end is still to come.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<(Self, usize)>, Nonsense> {
        let mut lines = Vec::new();
        let mut taken = 0;
        while let Some(length) = bytes[taken..].iter().position(|each| *each == b'\n') {
            let line = &bytes[taken..taken + length];
            taken += length + 1;
            let (code, is_last, text) = line_of(line.strip_suffix(b"\r").unwrap_or(line))?;
            lines.push(text);
            if is_last {
                return Ok(Some((Self { code, lines }, taken)));
            }
        }
        if MOST_BYTES < bytes.len() {
            return Err(Nonsense);
        }
        Ok(None)
    }

    /// The enhanced status code (RFC 3463), such as `5.1.1`, if the reply has one.
    pub(super) fn enhanced(&self) -> Option<&str> {
        let word = self.lines.first()?.split_whitespace().next()?;
        let mut parts = word.split('.');
        let mut number = |most: usize| {
            let part = parts.next()?;
            let is_number =
                (1..=most).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_digit());
            is_number.then_some(())
        };
        number(1)?;
        number(3)?;
        number(3)?;
        parts.next().is_none().then_some(word)
    }
}

/// The reply in one line; an enhanced status code stands there once.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        for (number, line) in self.lines.iter().enumerate() {
            let repeated = self.enhanced().filter(|_| 0 < number);
            let text = repeated.and_then(|code| line.strip_prefix(code));
            match text.unwrap_or(line).trim() {
                "" => {}
                text => write!(f, " {text}")?,
            }
        }
        Ok(())
    }
}

/// The code of a line, whether it is the last of its reply, and its text.
fn line_of(line: &[u8]) -> Result<(u16, bool, String), Nonsense> {
    let (code, rest) = line.split_at_checked(3).ok_or(Nonsense)?;
    let code = std::str::from_utf8(code).ok();
    let code = code.filter(|code| code.bytes().all(|it| it.is_ascii_digit()));
    let code = code.and_then(|code| code.parse().ok()).ok_or(Nonsense)?;
    let (is_last, text) = match rest.split_first() {
        None => (true, rest),
        Some((b' ', text)) => (true, text),
        Some((b'-', text)) => (false, text),
        Some(_) => return Err(Nonsense),
    };
    Ok((code, is_last, String::from_utf8_lossy(text).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_one_by_one_as_they_come() {
        let bytes = b"250-mail.example\r\n250-SIZE 10\r\n250 HELP\r\n354 go\r\n";
        let (reply, taken) = Reply::read(bytes).expect("sense").expect("a reply");

        assert_eq!(reply.code, 250);
        assert_eq!(reply.lines, ["mail.example", "SIZE 10", "HELP"]);
        assert_eq!(&bytes[taken..], b"354 go\r\n");
        for cut in 0..taken {
            assert_eq!(Reply::read(&bytes[..cut]), Ok(None), "{cut}");
        }
    }

    #[test]
    fn sloppy_replies_are_understood_and_nonsense_is_not() {
        for (bytes, code, text) in [
            (&b"250\r\n"[..], 250, ""),
            (b"250 \n", 250, ""),
            (b"250 f\xffn\r\n", 250, "f\u{fffd}n"),
        ] {
            let (reply, _) = Reply::read(bytes).expect("sense").expect("a reply");
            assert_eq!((reply.code, reply.lines.concat().as_str()), (code, text));
        }
        for bytes in [
            &b"HTTP/1.1 400 Bad Request\r\n"[..],
            b"25\r\n",
            b"\r\n",
            b"250x\r\n",
            b"+50 x\r\n",
            &vec![b'2'; MOST_BYTES + 1],
        ] {
            assert_eq!(Reply::read(bytes), Err(Nonsense));
        }
    }

    #[test]
    fn the_enhanced_code_is_said_once() {
        let reply = Reply {
            code: 550,
            lines: vec!["5.7.26 Not".to_owned(), "5.7.26 today.".to_owned()],
        };

        assert_eq!(reply.enhanced(), Some("5.7.26"));
        assert_eq!(reply.to_string(), "550 5.7.26 Not today.");
        for text in ["", "no", "5.7", "5.7.1.2", "5.7.x", "55.7.1", "5..1"] {
            let reply = Reply {
                code: 550,
                lines: vec![text.to_owned()],
            };
            assert_eq!(reply.enhanced(), None, "{text}");
        }
    }
}
