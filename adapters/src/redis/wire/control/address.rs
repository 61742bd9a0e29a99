//! Whom a command is for.

use regex::RegexBuilder;

use super::glob::matches_glob;
use crate::redis::wire::Refusal;

/// How long a pattern may be.
const MOST_PATTERN: usize = 1024;
/// How many bytes a regular expression may come to.
const MOST_COMPILED: usize = 64 * 1024;

/// Whom a command is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Every node.
    All,
    /// The nodes of these names.
    Named(Vec<String>),
    /// The nodes whose names are like this.
    Glob(String),
    /// The nodes whose names begin with what this regular expression matches.
    Regex(String),
}

impl Address {
    /// Whom Celery means by these three.
    pub(super) fn new(
        names: Option<Vec<String>>,
        pattern: Option<String>,
        matcher: Option<&str>,
    ) -> Result<Self, Refusal> {
        let pattern = pattern.filter(|pattern| !pattern.is_empty());
        if let Some(names) = names.filter(|names| !names.is_empty()) {
            return Ok(Self::Named(names));
        }
        let Some(pattern) = pattern else {
            return Ok(Self::All);
        };
        if MOST_PATTERN < pattern.len() {
            return Err(Refusal::Command("its pattern is too long"));
        }
        match matcher {
            Some("glob") => Ok(Self::Glob(pattern)),
            Some("pcre") => Ok(Self::Regex(pattern)),
            // As Celery does: a pattern that nobody is to look at means everybody.
            None | Some("") => Ok(Self::All),
            Some(_) => Err(Refusal::Command(
                "its matcher is not known: glob and pcre are",
            )),
        }
    }

    /// Whether it is for the node of this name. A regular expression that is none, or not one
    /// that is read in linear time, is for nobody.
    pub fn includes(&self, node: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|name| name == node),
            Self::Glob(pattern) => matches_glob(pattern, node),
            Self::Regex(pattern) => {
                let mut regex = RegexBuilder::new(pattern);
                let regex = regex.size_limit(MOST_COMPILED).nest_limit(50).build();
                // If it matches at the beginning, that is its first match.
                let first = regex.as_ref().map(|regex| regex.find(node));
                matches!(first, Ok(Some(found)) if found.start() == 0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn includes(names: &[&str], pattern: Option<&str>, matcher: Option<&str>) -> bool {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let address = Address::new(Some(names), pattern.map(str::to_owned), matcher);
        address.expect("an address").includes("alpha@host1")
    }

    #[test]
    fn a_node_knows_whether_it_is_meant() {
        let table: [(&[&str], _, _, _); 11] = [
            (&[], None, None, true),
            (&["alpha@host1", "beta@host1"], None, None, true),
            (&["beta@host1"], None, None, false),
            (&["beta@host1"], Some("alpha*"), Some("glob"), false),
            (&[], Some("a*"), Some("glob"), true),
            (&[], Some("a"), Some("glob"), false),
            (&[], Some("a"), Some("pcre"), true),
            (&[], Some("lpha"), Some("pcre"), false),
            (&[], Some("(?i)ALPHA|x"), Some("pcre"), true),
            (&[], Some("(("), Some("pcre"), false),
            (&[], Some("b*"), None, true),
        ];
        for (names, pattern, matcher, expected) in table {
            assert_eq!(
                includes(names, pattern, matcher),
                expected,
                "{names:?} {pattern:?}"
            );
        }
    }

    #[test]
    fn what_would_cost_much_is_refused() {
        let long = "a".repeat(MOST_PATTERN + 1);
        assert!(Address::new(None, Some(long), Some("glob")).is_err());
        assert!(Address::new(None, Some("a".to_owned()), Some("sql")).is_err());
        assert!(!includes(&[], Some("(a{1000}){1000}"), Some("pcre")));
    }
}
