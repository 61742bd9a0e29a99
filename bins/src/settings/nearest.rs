//! Finds the name that somebody probably meant.

/// The candidate nearest to `name` without regard to case, if it is near enough to be meant.
///
/// Near enough is one slip of the pen per four characters, and at most four.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let name = name.to_uppercase();
    let most = (name.chars().count() / 4).clamp(1, 4);
    candidates
        .into_iter()
        .map(|it| (slips(&name, &it.to_uppercase()), it))
        .filter(|(slips, _)| *slips <= most)
        .min()
        .map(|(_, nearest)| nearest)
}

/// How many characters must be inserted, removed or replaced to make `right` of `left`.
fn slips(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, left) in (1..).zip(left.chars()) {
        let mut diagonal = above[0];
        above[0] = row;
        for (column, right) in (1..).zip(&right) {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = above[column];
            above[column] = replaced.min(diagonal + 1).min(above[column - 1] + 1);
        }
    }
    above[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        for (left, right, count) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("kitten", "sitting", 3),
            ("ab", "ba", 2),
        ] {
            assert_eq!(slips(left, right), count, "{left} {right}");
        }
    }

    #[test]
    fn only_what_is_close_is_meant() {
        let names = ["API_BIND", "DATA_DIR"];
        for (written, meant) in [
            ("api_bind", Some("API_BIND")),
            ("API_BNID", Some("API_BIND")),
            ("DATADIR", Some("DATA_DIR")),
            ("HOME", None),
        ] {
            assert_eq!(nearest(written, names), meant, "{written}");
        }
    }
}
