//! Reads `.env` files by the default rules of django-environ.

use std::fmt;
use std::str;

/// What a `.env` file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct DotEnv {
    /// The assignments in the order of the file; of two with one name the later counts.
    pub entries: Vec<Entry>,
    /// What looks like a slip of the pen. Reading went on after each of them.
    pub warnings: Vec<Warning>,
}

/// One `NAME=value`. Its `Debug` form keeps the value to itself, which may be a secret.
#[derive(PartialEq, Eq)]
pub struct Entry {
    /// Letters, digits and underscores.
    pub name: String,
    /// The value without its quotes.
    pub value: String,
    /// Where it stands, counted from 1.
    pub line: usize,
}

/// A line of `.env` that probably does not say what its writer meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(".env line {line}: {slip}")]
pub struct Warning {
    /// Where it stands, counted from 1.
    pub line: usize,
    /// What is odd about it.
    pub slip: Slip,
}

/// What can be odd about a line of `.env`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Slip {
    /// The line is no assignment, so it was skipped.
    #[error("skipped, for it is not NAME=value; write it without blanks around the name")]
    NotAnAssignment,
    /// The value begins with a quote that nothing closes, so the quote is part of the value.
    #[error("the quote is never closed and was taken as part of the value")]
    UnclosedQuote,
}

/// The file is not text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not UTF-8 text; save the file as UTF-8")]
pub struct NotUtf8 {
    /// The first line that is not UTF-8, counted from 1.
    pub line: usize,
}

/// Reads the bytes of a `.env` file.
///
/// `NAME=value` and `export NAME=value`; lines that are empty or begin with `#` are
/// passed over. Everything after the first `=` is the value: blanks, `$`, `#` and
/// backslashes stand for themselves, nothing is looked up or replaced. One pair of single
/// or double quotes around the value is taken off; between double quotes a backslash takes
/// the meaning of the next character away, except before `n`, `r` and `t`, where both stay.
/// A comment may follow a closing quote, and only there.
///
/// # Errors
///
/// When a line is not UTF-8.
pub fn parse(bytes: &[u8]) -> Result<DotEnv, NotUtf8> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut read = DotEnv::default();
    for (line, bytes) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        let text = str::from_utf8(bytes).map_err(|_| NotUtf8 { line })?;
        read.take(line, text.strip_suffix('\r').unwrap_or(text));
    }
    Ok(read)
}

impl DotEnv {
    fn take(&mut self, line: usize, text: &str) {
        let blank = text.trim_start();
        if blank.is_empty() || blank.starts_with('#') {
            return;
        }
        let mut warn = |slip| self.warnings.push(Warning { line, slip });
        let assignment = text.strip_prefix("export ").unwrap_or(text);
        let Some((name, value)) = assignment.split_once('=').filter(|(name, _)| is_name(name))
        else {
            return warn(Slip::NotAnAssignment);
        };
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => unquoted(value, quote).unwrap_or_else(|| {
                warn(Slip::UnclosedQuote);
                value.to_owned()
            }),
            _ => value.to_owned(),
        };
        let name = name.to_owned();
        self.entries.push(Entry { name, value, line });
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || it == '_')
}

/// What stands between the quotes of `value`, which begins with `quote`.
fn unquoted(value: &str, quote: char) -> Option<String> {
    let inner = &value[1..];
    // A quote at the very end closes the value whatever lies between: so does django-environ.
    let inner = inner
        .strip_suffix(quote)
        .or_else(|| before_comment(inner, quote))?;
    Some(match quote {
        '"' => without_escapes(inner),
        _ => inner.to_owned(),
    })
}

/// The part of `text` before a closing `quote` that only a comment or blanks follow.
fn before_comment(text: &str, quote: char) -> Option<&str> {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        if character == quote && !escaped {
            let rest = &text[at + 1..];
            let comment = rest.trim_start();
            if comment.is_empty() || (comment.starts_with('#') && comment.len() < rest.len()) {
                return Some(&text[..at]);
            }
        }
        escaped = quote == '"' && character == '\\' && !escaped;
    }
    None
}

fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, characters.clone().next()) {
            ('\\', Some(next)) => {
                if matches!(next, 'n' | 'r' | 't') {
                    plain.push('\\');
                }
                plain.push(next);
                characters.next();
            }
            _ => plain.push(character),
        }
    }
    plain
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=… (line {})", self.name, self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_as_django_environ_takes_them() {
        for (written, meant) in [
            ("A=abcd efgh ijkl mnop", "abcd efgh ijkl mnop"),
            ("A=pa$$w#rd", "pa$$w#rd"),
            ("A=abc #def", "abc #def"),
            ("A=${HOME}/x", "${HOME}/x"),
            (r"A=C:\new\table", r"C:\new\table"),
            ("A==", "="),
            ("A=", ""),
            ("A=  x ", "  x "),
            ("export A=1", "1"),
            ("A='single # \\ '", "single # \\ "),
            ("A='it's'", "it's"),
            ("A=\"$PLAIN\"", "$PLAIN"),
            (r#"A="a\nb""#, r"a\nb"),
            (r#"A="say \"hi\" \\""#, r#"say "hi" \"#),
            ("A=\"x\" # a comment", "x"),
            ("A='x'   # it's a comment", "x"),
            ("A='x' ", "x"),
            ("A=\"x\"#y", "\"x\"#y"),
            ("A=naïve ☂", "naïve ☂"),
            ("A=1\nA=2", "2"),
        ] {
            let read = parse(written.as_bytes()).expect("it is UTF-8");
            let last = read.entries.last().expect("one assignment");
            assert_eq!(
                (last.name.as_str(), last.value.as_str()),
                ("A", meant),
                "{written}"
            );
        }
    }

    #[test]
    fn bad_lines_are_reported_and_reading_goes_on() {
        let read = parse(b"\xEF\xBB\xBFA=1\r\n\r\n# B=2\r\n  # C=3\r\nD = 4\r\n E=5\r\nF-G=6\r\nwhat\r\nH=\"7\r\nI=8")
            .expect("it is UTF-8");

        let entries: Vec<_> = read
            .entries
            .iter()
            .map(|it| (it.line, it.name.as_str(), it.value.as_str()))
            .collect();
        assert_eq!(entries, [(1, "A", "1"), (9, "H", "\"7"), (10, "I", "8")]);
        let skipped = |line| Warning {
            line,
            slip: Slip::NotAnAssignment,
        };
        let unclosed = Warning {
            line: 9,
            slip: Slip::UnclosedQuote,
        };
        assert_eq!(
            read.warnings,
            [skipped(5), skipped(6), skipped(7), skipped(8), unclosed]
        );
    }

    #[test]
    fn a_line_that_is_not_utf8_is_named() {
        assert_eq!(parse(b"A=1\nB=\xFF\n"), Err(NotUtf8 { line: 2 }));
    }

    #[test]
    fn a_value_does_not_show_in_the_debug_form() {
        let read = parse(b"A=hunter2").expect("it is UTF-8");

        assert!(!format!("{read:?}").contains("hunter2"));
    }
}
