//! `DEFAULT_FROM_EMAIL`: who writes our mails.

use std::fmt;
use std::str::FromStr;

/// `Name <address>` or a bare address, without control characters.
///
/// The address has one `@`, something on each side of it, and no blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    name: Option<String>,
    address: String,
}

/// Why a text names no sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a sender; write for example Backbeat <backbeat@example.org>")]
pub struct SenderError;

impl Sender {
    /// The name people see, without quotes; `None` when there is only an address.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The same name with another address; `None` when `address` is none.
    pub(super) fn at(self, address: &str) -> Option<Self> {
        is_address(address).then(|| Self {
            address: address.to_owned(),
            ..self
        })
    }

    /// The address alone.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Default for Sender {
    fn default() -> Self {
        Self {
            name: Some("Backbeat".into()),
            address: "backbeat@localhost".into(),
        }
    }
}

impl FromStr for Sender {
    type Err = SenderError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, address) = match text.trim().strip_suffix('>') {
            Some(rest) => rest.split_once('<').ok_or(SenderError)?,
            None => ("", text.trim()),
        };
        let name = name.trim();
        let name = name
            .strip_prefix('"')
            .and_then(|it| it.strip_suffix('"'))
            .unwrap_or(name)
            .trim();
        if !is_address(address) || name.contains(|it: char| it.is_control() || "<>\"".contains(it))
        {
            return Err(SenderError);
        }
        let name = Some(name.to_owned()).filter(|it| !it.is_empty());
        Ok(Self {
            name,
            address: address.to_owned(),
        })
    }
}

fn is_address(text: &str) -> bool {
    let odd = |it: char| it.is_whitespace() || it.is_control() || "<>,;\"".contains(it);
    text.len() <= 254
        && !text.contains(odd)
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@')
        })
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_a_name_and_an_address() {
        for (written, meant) in [
            (
                "Backbeat <backbeat@localhost>",
                "Backbeat <backbeat@localhost>",
            ),
            ("\"Backbeat, Inc.\" <a@b.c>", "Backbeat, Inc. <a@b.c>"),
            (" a@b.c ", "a@b.c"),
            ("<a@b.c>", "a@b.c"),
        ] {
            assert_eq!(
                written.parse::<Sender>().map(|it| it.to_string()),
                Ok(meant.to_owned())
            );
        }
        for refused in [
            "",
            "Backbeat",
            "a@",
            "@b",
            "a@b@c",
            "A <a b@c>",
            "A\nB <a@b>",
            "A <a@b> x",
            "<A> <a@b>",
        ] {
            assert_eq!(refused.parse::<Sender>(), Err(SenderError), "{refused}");
        }
    }

    #[test]
    fn the_default_is_a_sender_too() {
        assert_eq!(Sender::default().to_string().parse(), Ok(Sender::default()));
    }
}
