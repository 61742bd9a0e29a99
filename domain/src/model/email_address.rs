//! An address we may write to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ValueError, folded};

const MOST_BYTES: usize = 254;
const MOST_LOCAL_BYTES: usize = 64;
const RULE: ValueError = ValueError::Rule("must be an e-mail address like name@example.com");

/// An address we may write to: one `@`, a dotted local part, a domain with a dot in it.
///
/// No quoted local parts, no address literals, no blanks, no control characters, at
/// most 254 bytes (RFC 5321, 4.5.3.1). Kept as typed; the domain may be
/// international. Whether anybody reads mail there only a mail server can tell.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub fn local_part(&self) -> &str {
        self.parts().0
    }

    /// What stands behind the `@`, as it was typed.
    pub fn domain(&self) -> &str {
        self.parts().1
    }

    /// The form in which two addresses are compared: without regard to case.
    pub fn folded(&self) -> String {
        folded(&self.0)
    }

    fn parts(&self) -> (&str, &str) {
        self.0.split_once('@').expect("an address has one @")
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ValueError::Blank);
        }
        if text.len() > MOST_BYTES {
            return Err(ValueError::TooLong { most: MOST_BYTES });
        }
        if text.chars().any(char::is_control) {
            return Err(ValueError::ControlCharacter);
        }
        let (local, domain) = text.split_once('@').ok_or(RULE)?;
        if is_local_part(local) && is_domain(domain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RULE)
        }
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Shows that there is an address, not which: debug output ends in logs.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

/// RFC 5322's dot-atom, with characters beyond ASCII as in RFC 6532.
fn is_local_part(local: &str) -> bool {
    let is_atom = |atom: &str| {
        !atom.is_empty()
            && atom.chars().all(|each| match each {
                'a'..='z' | 'A'..='Z' | '0'..='9' => true,
                each if each.is_ascii() => "!#$%&'*+-/=?^_`{|}~".contains(each),
                each => each.is_alphanumeric(),
            })
    };
    local.len() <= MOST_LOCAL_BYTES && local.split('.').all(is_atom)
}

fn is_domain(domain: &str) -> bool {
    let is_typed_well = domain
        .chars()
        .all(|each| !each.is_ascii() || each.is_ascii_alphanumeric() || matches!(each, '.' | '-'));
    let ends_in_digits = |ascii: &str| {
        ascii
            .rsplit('.')
            .next()
            .is_some_and(|top| top.bytes().all(|each| each.is_ascii_digit()))
    };
    is_typed_well
        && idna::domain_to_ascii_strict(domain).is_ok_and(|ascii| {
            ascii.contains('.') && !ascii.ends_with('.') && !ends_in_digits(&ascii)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_people_have_are_accepted() {
        for text in [
            "ada@example.com",
            "a.b+c@sub.example.org",
            "ada@exämple.com",
            "josé@example.com",
            " ada@example.com ",
            "o'hara@example.ie",
        ] {
            assert!(EmailAddress::try_from(text.to_owned()).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@localhost",
            "a@b@example.com",
            "a b@example.com",
            ".a@example.com",
            "a..b@example.com",
            "\"a b\"@example.com",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@example.com\r\nBcc: b@example.com",
            "a@-example.com",
            "a@example..com",
            "a@example.com.",
            "<a@example.com>",
            "a,b@example.com",
            "a@exa_mple.com",
            "a\u{0}@example.com",
        ] {
            assert!(EmailAddress::try_from(text.to_owned()).is_err(), "{text}");
        }
        assert!(EmailAddress::try_from(format!("{}@example.com", "a".repeat(65))).is_err());
        assert!(EmailAddress::try_from(format!("a@{}.com", "a.".repeat(200))).is_err());
    }

    #[test]
    fn debug_output_keeps_the_address_to_itself() {
        let address = EmailAddress::try_from("ada@example.com".to_owned()).expect("an address");

        assert_eq!(format!("{address:?}"), "EmailAddress(..)");
    }
}
