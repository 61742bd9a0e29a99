//! What an album costs, in hundredths, without floating point.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ValueError;

const RULE: ValueError = ValueError::Rule(
    "must be a decimal number like 9.99, from 0 to 99999999.99, with at most two decimal places",
);

/// A price from 0 to 99,999,999.99 in steps of a hundredth.
///
/// Reads and shows as a decimal text with two places ("9.99").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Price(i64);

impl Price {
    /// The greatest price.
    pub const MOST: Self = Self(9_999_999_999);

    /// The price of so many hundredths; `None` outside 0 to [`Price::MOST`].
    pub fn from_hundredths(hundredths: i64) -> Option<Self> {
        (0..=Self::MOST.0)
            .contains(&hundredths)
            .then_some(Self(hundredths))
    }

    /// The price as a number of hundredths.
    pub fn hundredths(self) -> i64 {
        self.0
    }
}

impl TryFrom<String> for Price {
    type Error = ValueError;

    fn try_from(text: String) -> Result<Self, ValueError> {
        parsed(text.trim())
            .and_then(Self::from_hundredths)
            .ok_or(RULE)
    }
}

impl From<Price> for String {
    fn from(price: Price) -> Self {
        price.to_string()
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

fn parsed(text: &str) -> Option<i64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, "00"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|each| each.is_ascii_digit());
    if !is_number(whole) || !is_number(places) || places.len() > 2 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let hundredths: i64 = format!("{places:0<2}").parse().ok()?;
    whole.checked_mul(100)?.checked_add(hundredths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_texts_are_read_exactly() {
        for (text, hundredths) in [
            ("0", 0),
            ("9.99", 999),
            ("9.9", 990),
            ("0.07", 7),
            ("99999999.99", 9_999_999_999),
            (" 12 ", 1200),
            ("007", 700),
        ] {
            assert_eq!(
                Price::try_from(text.to_owned()).map(Price::hundredths),
                Ok(hundredths),
                "{text}"
            );
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "NaN",
            "inf",
            "1e3",
            "1.234",
            "100000000",
            "1,50",
            "٣",
            "99999999999999999999",
            "1.2.3",
            "0x10",
        ] {
            assert!(Price::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_price_reads_back_what_it_shows() {
        for hundredths in [0, 7, 70, 999, 9_999_999_999] {
            let price = Price::from_hundredths(hundredths).expect("inside the bounds");

            assert_eq!(Price::try_from(price.to_string()), Ok(price));
        }
    }
}
