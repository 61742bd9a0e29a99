//! What a server said, made fit for logs.

/// The most of it that a log needs.
const MOST_CHARACTERS: usize = 500;
/// Stands where an address stood.
const MASK: &str = "***";

/// `text` in one line, without addresses and of bounded length: servers like to repeat whom
/// a mail was for.
pub(super) fn fit_for_logs(text: &str) -> String {
    let mut fit = String::with_capacity(text.len());
    let mut word = String::new();
    for each in text.chars().chain([' ']) {
        let each = if each.is_control() { ' ' } else { each };
        if each.is_whitespace() || "<>()[]{}\"',;:".contains(each) {
            let is_address = word.contains('@') && word != "@";
            fit.push_str(if is_address { MASK } else { &word });
            word.clear();
            fit.push(each);
        } else {
            word.push(each);
        }
    }
    fit.trim().chars().take(MOST_CHARACTERS).collect()
}

/// `text` with each of `secrets` masked: some servers repeat what they did not understand.
pub(super) fn without(text: &str, secrets: &[String]) -> String {
    let mask = |text: String, secret: &String| text.replace(secret.as_str(), "****");
    secrets.iter().fold(text.to_owned(), mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_gets_into_a_log() {
        for (said, fit) in [
            ("<ada@example.com>: unknown", "<***>: unknown"),
            ("ada@example.com unknown", "*** unknown"),
            ("unknown: ada.l+x@exämple.com.", "unknown: ***"),
            ("to=ada@example.com, from=<b@c.d>", "***, from=<***>"),
            ("what stands before its @", "what stands before its @"),
            ("two\r\nlines\u{0}", "two  lines"),
        ] {
            assert_eq!(fit_for_logs(said), fit);
        }
        assert_eq!(fit_for_logs(&"é".repeat(9999)), "é".repeat(MOST_CHARACTERS));
    }

    #[test]
    fn what_a_server_repeats_of_our_secrets_is_masked() {
        let secrets = ["sesame".to_owned(), "c2VzYW1l".to_owned()];

        assert_eq!(
            without("AUTH c2VzYW1l? or sesame?", &secrets),
            "AUTH ****? or ****?"
        );
    }
}
