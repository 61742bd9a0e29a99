//! What a server offers beyond the least (its answer to `EHLO`).

use super::reply::Reply;

/// What a server offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offers(Vec<Vec<String>>);

impl Offers {
    /// What the answer to `EHLO` offers; its first line is the server's name.
    pub(super) fn read(reply: &Reply) -> Self {
        let offers = reply.lines.iter().skip(1).map(|line| {
            // Old servers write AUTH=LOGIN.
            line.split([' ', '\t', '='])
                .filter(|word| !word.is_empty())
                .map(str::to_ascii_uppercase)
                .collect()
        });
        Self(offers.collect())
    }

    /// Whether `keyword`, in capitals, is offered.
    pub(super) fn has(&self, keyword: &str) -> bool {
        self.all(keyword).next().is_some()
    }

    /// Whether one can log in by `mechanism`.
    pub(super) fn has_login(&self, mechanism: &str) -> bool {
        self.all("AUTH")
            .any(|offer| offer[1..].iter().any(|each| each == mechanism))
    }

    /// How many bytes a mail may have, if the server says so (RFC 1870).
    pub(super) fn most_bytes(&self) -> Option<usize> {
        let size = self.all("SIZE").next()?.get(1)?.parse().ok();
        size.filter(|most| 0 < *most)
    }

    fn all(&self, keyword: &str) -> impl Iterator<Item = &Vec<String>> {
        self.0
            .iter()
            .filter(move |offer| offer.first().is_some_and(|first| first == keyword))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(lines: &[&str]) -> Offers {
        let mut all = vec!["PIPELINING is my name".to_owned()];
        all.extend(lines.iter().map(|line| (*line).to_owned()));
        Offers::read(&Reply {
            code: 250,
            lines: all,
        })
    }

    #[test]
    fn offers_are_read_without_regard_to_case() {
        let offers = offers(&["pipelining", "Size 1000", "auth plain LOGIN", ""]);

        assert!(offers.has("PIPELINING"));
        assert!(!offers.has("STARTTLS"));
        assert!(offers.has_login("PLAIN") && offers.has_login("LOGIN"));
        assert_eq!(offers.most_bytes(), Some(1000));
    }

    #[test]
    fn what_is_not_offered_is_not_read_into_it() {
        let offers = offers(&["AUTH", "AUTH=LOGIN", "SIZE 0"]);

        assert!(!offers.has("PIPELINING"), "a name is no offer");
        assert!(offers.has_login("LOGIN") && !offers.has_login("PLAIN"));
        assert_eq!(offers.most_bytes(), None, "0 is no limit");
    }
}
