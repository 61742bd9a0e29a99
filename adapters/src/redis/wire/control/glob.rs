//! Patterns as a shell has them, and Python's `fnmatch`.

/// Whether all of `text` is like `pattern`: `*` is any text, `?` any character, `[abc-z]` one
/// of these, and `[!abc-z]` one that is none of them. Takes no longer than the product of
/// their lengths.
pub fn matches_glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut place) = (0, 0);
    // Behind the last star, and the place in the text where that star ends for now.
    let mut star: Option<(usize, usize)> = None;
    while place < text.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at + 1, place));
            at += 1;
        } else if let Some(length) = one(&pattern[at..], text[place]) {
            at += length;
            place += 1;
        } else if let Some((behind, end)) = star {
            star = Some((behind, end + 1));
            (at, place) = (behind, end + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|each| *each == '*')
}

/// How many characters of `pattern` stand for this one; `None` if they do not.
fn one(pattern: &[char], character: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '[' => match class(pattern) {
            Some((length, negated, members)) => {
                (contains(members, character) != negated).then_some(length)
            }
            // Without an end it is a bracket.
            None => (character == '[').then_some(1),
        },
        first => (*first == character).then_some(1),
    }
}

/// The length of the class that `pattern` begins with, whether it is negated, and its members.
fn class(pattern: &[char]) -> Option<(usize, bool, &[char])> {
    let negated = pattern.get(1) == Some(&'!');
    let from = if negated { 2 } else { 1 };
    // A bracket in the first place is a member.
    let rest = pattern.get(from + 1..)?;
    let to = from + 1 + rest.iter().position(|each| *each == ']')?;
    Some((to + 1, negated, &pattern[from..to]))
}

fn contains(members: &[char], character: char) -> bool {
    let mut rest = members;
    while let Some(first) = rest.first() {
        if let [low, '-', high, ..] = rest {
            if (*low..=*high).contains(&character) {
                return true;
            }
            rest = &rest[3..];
        } else {
            if *first == character {
                return true;
            }
            rest = &rest[1..];
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_to_python() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*", "alpha@host1", true),
            ("*@host?", "alpha@host1", true),
            ("*@host?", "alpha@host12", false),
            ("a**1", "alpha@host1", true),
            ("*a*b*c", "xxaxxbxxcxc", true),
            ("*a*b*c", "xxaxxcxxb", false),
            ("[ab]lpha", "alpha", true),
            ("[!ab]lpha", "alpha", false),
            ("[a-c]", "b", true),
            ("[a-c]", "d", false),
            ("[!a-c]", "d", true),
            ("[]]", "]", true),
            ("[!]]", "]", false),
            ("[a-]", "-", true),
            ("[c-a]", "b", false),
            ("[a", "[a", true),
            ("[", "[", true),
            ("[!", "[!", true),
            ("?", "ä", true),
            ("A", "a", false),
            ("a.c", "abc", false),
        ] {
            assert_eq!(
                matches_glob(pattern, text),
                expected,
                "{pattern:?} {text:?}"
            );
        }
    }

    #[test]
    fn a_pattern_that_is_made_to_take_long_does_not() {
        let (pattern, text) = ("*a".repeat(500), "a".repeat(499));

        assert!(!matches_glob(&pattern, &text));
    }
}
