//! A mail that can be sent: to one person, for one reason, with nothing in its headers
//! that could end a header.

use std::fmt;

use uuid::Uuid;

use super::{EmailAddress, ValueError};

/// One mail to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Why this mail exists; every copy of one mail has one key.
    pub key: MailKey,
    /// Who gets it.
    pub to: Recipient,
    /// Its subject.
    pub subject: HeaderText,
    /// The whole message as plain text.
    pub text: String,
    /// The whole message as HTML.
    pub html: String,
    /// Further headers, in this order.
    pub headers: Vec<(HeaderName, HeaderText)>,
}

/// Whom a mail is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The name shown beside the address.
    pub name: HeaderText,
    /// Where it goes.
    pub address: EmailAddress,
}

/// What makes a mail *this* mail: its kind and what caused it.
///
/// The right to send is held per key, and the Message-ID is made from it, so whoever
/// receives two copies can tell that they are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MailKey {
    /// Which kind of mail.
    pub kind: MailKind,
    /// The id of what caused it: for a congratulation the album, for a reminder one made of
    /// the artist and the stretch of silence.
    pub cause: Uuid,
}

impl MailKey {
    /// The Message-ID of every copy of this mail (RFC 5322, 3.6.4), without angle brackets.
    pub fn message_id(&self, domain: &str) -> String {
        format!("{}.{}@{domain}", self.kind, self.cause)
    }
}

impl fmt::Display for MailKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.cause)
    }
}

/// The kinds of mail the platform sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// An artist is congratulated on an album.
    Congratulation,
    /// An artist is reminded that silence costs popularity.
    Reminder,
    /// An operator tries whether mail goes; none is ever in the mail log.
    Test,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Congratulation, Self::Reminder, Self::Test];

    /// The word for it in tables, ids and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Congratulation => "congratulation",
            Self::Reminder => "reminder",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for MailKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What may stand in a header: text without control characters, CR, LF and NUL among them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeaderText(String);

impl HeaderText {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `text` with everything that may not stand in a header left out.
    pub fn without_controls(text: &str) -> Self {
        Self(text.chars().filter(|each| !each.is_control()).collect())
    }
}

impl TryFrom<String> for HeaderText {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        if text.chars().any(char::is_control) {
            return Err(ValueError::ControlCharacter);
        }
        Ok(Self(text))
    }
}

impl fmt::Display for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a header: letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeaderName(String);

impl HeaderName {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HeaderName {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        let is_fine = !text.is_empty()
            && text
                .bytes()
                .all(|each| each.is_ascii_alphanumeric() || each == b'-');
        if is_fine {
            Ok(Self(text))
        } else {
            Err(ValueError::Rule(
                "must be a header name: letters, digits and hyphens",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_ends_a_header_gets_into_one() {
        for text in ["a\rb", "a\nb", "a\r\nBcc: x@example.com", "a\0b"] {
            assert!(HeaderText::try_from(text.to_owned()).is_err(), "{text:?}");
        }
        assert_eq!(HeaderText::without_controls("a\r\n\0b").as_str(), "ab");
        for name in ["", "a b", "a:b", "a\r\nb", "ä"] {
            assert!(HeaderName::try_from(name.to_owned()).is_err(), "{name:?}");
        }
    }

    #[test]
    fn every_copy_of_a_mail_has_one_message_id() {
        let key = MailKey {
            kind: MailKind::Congratulation,
            cause: Uuid::from_u128(7),
        };

        assert_eq!(
            key.message_id("example.com"),
            "congratulation.00000000-0000-0000-0000-000000000007@example.com"
        );
    }
}
