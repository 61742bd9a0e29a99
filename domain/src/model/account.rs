//! Who may log in.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::text::text_value;
use super::{AccountId, Artist, EmailAddress, ValueError};

text_value!(
    /// The name somebody logs in with: up to 150 letters, digits and `@ . + - _`.
    ///
    /// Unique without regard to case.
    Username, at most 150, One, only_username_characters
);

text_value!(
    /// What somebody says about themselves: up to 2,000 characters, line breaks welcome.
    Bio, at most 2000, Many
);

/// Somebody who may log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Which account this is.
    pub id: AccountId,
    /// The name to log in with.
    pub username: Username,
    /// Where mail for this account goes.
    pub email: EmailAddress,
    /// What they say about themselves.
    pub bio: Option<Bio>,
    /// Whether they see and edit everything.
    pub is_staff: bool,
    /// When they registered.
    pub created_at: DateTime<Utc>,
}

/// What an account's owner changes; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountEdit {
    /// The new name to log in with.
    pub username: Option<Username>,
    /// The new address.
    pub email: Option<EmailAddress>,
    /// The new words, `Some(None)` to take them away.
    pub bio: Option<Option<Bio>>,
}

/// Who stands behind a request: an account, and the artist it is, if it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account whose token was shown.
    pub account: Account,
    /// The artist this account has become.
    pub artist: Option<Artist>,
}

/// A password somebody chooses: 8 to 128 characters, not digits alone.
///
/// Never shown: not by `Debug`, and it has no `Display`.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    const LEAST: usize = 8;
    const MOST: usize = 128;

    /// The password itself, for the hasher.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Password {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        let length = text.chars().count();
        if length < Self::LEAST {
            return Err(ValueError::TooShort { least: Self::LEAST });
        }
        if length > Self::MOST {
            return Err(ValueError::TooLong { most: Self::MOST });
        }
        if text.bytes().all(|each| each.is_ascii_digit()) {
            return Err(ValueError::Rule("may not be digits alone"));
        }
        Ok(Self(text))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

fn only_username_characters(text: &str) -> Result<(), ValueError> {
    let is_fine = |each: char| each.is_alphanumeric() || "@.+-_".contains(each);
    if text.chars().all(is_fine) {
        Ok(())
    } else {
        Err(ValueError::Rule(
            "may contain letters, digits and @ . + - _ only",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_follow_the_rule() {
        for text in ["ada", "ada@example.com", "Åsa.1", "a+b-c_d"] {
            assert!(Username::try_from(text.to_owned()).is_ok(), "{text}");
        }
        for text in ["", "a b", "a/b", "a<b", "a\nb"] {
            assert!(Username::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn weak_passwords_are_refused_and_no_password_is_shown() {
        for text in ["", "seven77", "12345678", &"a".repeat(129)] {
            assert!(Password::try_from(text.to_owned()).is_err(), "{text}");
        }
        let password = Password::try_from(" spaces count ".to_owned()).expect("long enough");

        assert_eq!(password.reveal(), " spaces count ");
        assert_eq!(format!("{password:?}"), "Password(..)");
    }
}
