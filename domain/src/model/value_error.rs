//! Why a text is not the value it was meant to be.

/// Why a text was refused by the type it was meant for.
///
/// The sentences are written for the person who typed the text: they follow the name
/// of a field ("`stage_name`: may not be blank").
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Nothing is left once blanks at both ends are taken away.
    #[error("may not be blank")]
    Blank,
    /// There are more characters than the type holds.
    #[error("may have at most {most} characters")]
    TooLong {
        /// The greatest number of characters.
        most: usize,
    },
    /// There are fewer characters than the type asks for.
    #[error("must have at least {least} characters")]
    TooShort {
        /// The smallest number of characters.
        least: usize,
    },
    /// A control, direction-changing or unseen character, which could break a header, turn a
    /// line around or make two names look like one.
    #[error("may not contain control characters")]
    ControlCharacter,
    /// The text breaks the rule that the sentence states.
    #[error("{0}")]
    Rule(&'static str),
}
