//! What all names have in common: one line of real text.

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

use super::ValueError;

/// Which characters a text may contain.
#[derive(Clone, Copy)]
pub(super) enum Lines {
    /// A name: no line breaks, no tabs.
    One,
    /// Prose: line breaks and tabs are welcome.
    Many,
}

/// `text` composed (NFC), without blanks at its ends, and fit to be shown and mailed.
pub(super) fn cleaned(text: &str, most: usize, lines: Lines) -> Result<String, ValueError> {
    let text: String = text.trim().nfc().collect();
    if text.chars().all(joins_others) {
        return Err(ValueError::Blank);
    }
    if text.chars().count() > most {
        return Err(ValueError::TooLong { most });
    }
    if text.chars().any(|each| is_harmful(each, lines)) {
        return Err(ValueError::ControlCharacter);
    }
    Ok(text)
}

/// `text` as it is compared: two texts that differ in case alone have one folded form.
///
/// Folds beyond ASCII ("ÅSA" and "åsa", "STRASSE" and "straße"), by the Unicode Standard's
/// canonical caseless matching (3.13, D145), composed again, and does not see joiners,
/// which nobody does who reads it. Folding twice is folding once.
pub fn folded(text: &str) -> String {
    let visible = text.chars().filter(|each| !joins_others(*each));
    let decomposed: String = visible.nfd().collect();
    let folded = UniCase::unicode(decomposed).to_folded_case();
    folded.nfc().collect()
}

fn is_harmful(character: char, lines: Lines) -> bool {
    let breaks_line = matches!(character, '\n' | '\r' | '\t');
    let turns_text = matches!(character,
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}');
    match lines {
        Lines::Many if breaks_line => false,
        Lines::Many => character.is_control() || turns_text,
        Lines::One => character.is_control() || turns_text || is_unseen(character),
    }
}

/// Takes no room and means nothing, so it can only make two names look like one.
fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{AD}' | '\u{115F}' | '\u{1160}' | '\u{180E}' | '\u{200B}' | '\u{2060}'
            ..='\u{2064}' | '\u{3164}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}'
    )
}

/// Unseen by itself, but some scripts and emoji are written with it.
fn joins_others(character: char) -> bool {
    matches!(
        character,
        '\u{34F}' | '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}'
    )
}

/// Declares a text that has been through [`cleaned`]: `TryFrom<String>` is the only way in.
macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, at most $most:literal, $lines:ident $(, $rule:expr)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::model::ValueError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                use $crate::model::text::{Lines, cleaned};
                let text = cleaned(&text, $most, Lines::$lines)?;
                $( $rule(&text)?; )?
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(super) use text_value;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_composed_and_counted_in_characters() {
        assert_eq!(
            cleaned("  Asa\u{30a}  ", 4, Lines::One),
            Ok("Aså".to_owned())
        );
        assert_eq!(cleaned(" \t\n ", 4, Lines::One), Err(ValueError::Blank));
        assert_eq!(
            cleaned("ååååå", 4, Lines::One),
            Err(ValueError::TooLong { most: 4 })
        );
    }

    #[test]
    fn what_breaks_lines_or_turns_text_around_is_refused() {
        for text in [
            "a\r\nb",
            "a\u{0}b",
            "a\u{202e}b",
            "a\u{2028}b",
            "a\u{7f}b",
            "a\u{85}b",
        ] {
            assert_eq!(
                cleaned(text, 9, Lines::One),
                Err(ValueError::ControlCharacter),
                "{text:?}"
            );
        }
        assert_eq!(
            cleaned("a\r\n\tb", 9, Lines::Many),
            Ok("a\r\n\tb".to_owned())
        );
        assert_eq!(
            cleaned("a\u{0}b", 9, Lines::Many),
            Err(ValueError::ControlCharacter)
        );
    }

    #[test]
    fn what_nobody_can_see_makes_no_name() {
        for text in ["\u{200b}", "Vic\u{ad}tim", "\u{3164}"] {
            let refused = cleaned(text, 9, Lines::One);
            assert_eq!(refused, Err(ValueError::ControlCharacter), "{text:?}");
        }
        assert_eq!(
            cleaned("\u{200d}\u{fe0f}", 9, Lines::One),
            Err(ValueError::Blank)
        );
        assert_eq!(
            cleaned("👩\u{200d}🎤", 9, Lines::One),
            Ok("👩\u{200d}🎤".to_owned())
        );
        assert_eq!(folded("Vic\u{200d}tim"), folded("victim"));
    }

    #[test]
    fn folding_reaches_beyond_ascii() {
        for (one, other) in [
            ("ÅSA", "åsa"),
            ("STRASSE", "straße"),
            ("Ärger", "a\u{308}RGER"),
        ] {
            assert_eq!(folded(one), folded(other));
        }
        assert_ne!(folded("asa"), folded("åsa"));
    }
}
