//! Where an artist can be found elsewhere.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use super::ValueError;

const MOST: usize = 500;

/// A web address of an artist: `http` or `https`, with a host, without credentials.
///
/// At most 500 characters, kept as typed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SocialLink(String);

impl SocialLink {
    /// The address as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SocialLink {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ValueError::Blank);
        }
        if text.chars().count() > MOST {
            return Err(ValueError::TooLong { most: MOST });
        }
        // The URL standard drops tabs and line breaks in silence; a value kept as typed must not hold them.
        if text.chars().any(char::is_control) {
            return Err(ValueError::ControlCharacter);
        }
        let is_web_address = Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        });
        if is_web_address {
            Ok(Self(text.to_owned()))
        } else {
            Err(ValueError::Rule(
                "must be a web address like https://example.com/artist",
            ))
        }
    }
}

impl From<SocialLink> for String {
    fn from(link: SocialLink) -> Self {
        link.0
    }
}

impl fmt::Display for SocialLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_are_links() {
        for text in [
            "https://example.com/ada",
            "http://example.com",
            "https://exämple.com/ü?x=1#y",
        ] {
            assert!(SocialLink::try_from(text.to_owned()).is_ok(), "{text}");
        }
        for text in [
            "",
            "example.com",
            "javascript:alert(1)",
            "ftp://example.com",
            "https://",
            "https://a:b@example.com",
            "https://exa\nmple.com",
            "//example.com",
        ] {
            assert!(SocialLink::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
