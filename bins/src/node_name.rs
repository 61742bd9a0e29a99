//! What a worker is called, as Celery makes a name of what was said.

pub(crate) use adapters::redis::host;

/// The name that `said` means on the machine `host`: `%h` is the machine, `%n` what stands before
/// its first dot, `%d` what stands behind it, `%%` is `%`. Without an `@` it is a machine's name.
pub(crate) fn expanded(said: &str, host: &str) -> String {
    let full = if said.contains('@') {
        said.to_owned()
    } else {
        format!("celery@{said}")
    };
    let (name, domain) = host.split_once('.').unwrap_or((host, ""));
    let mut expanded = String::new();
    let mut rest = full.as_str();
    while let Some((before, after)) = rest.split_once('%') {
        expanded.push_str(before);
        let mut letters = after.chars();
        match letters.next() {
            Some('h') => expanded.push_str(host),
            Some('n') => expanded.push_str(name),
            Some('d') => expanded.push_str(domain),
            // There is one process.
            Some('i' | 'I') => expanded.push('0'),
            Some('%') | None => expanded.push('%'),
            Some(other) => expanded.extend(['%', other]),
        }
        rest = letters.as_str();
    }
    expanded + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_expanded_as_celery_does() {
        for (said, meant) in [
            ("celery@%h", "celery@music.example.org"),
            ("w1@%h", "w1@music.example.org"),
            ("w1@%n", "w1@music"),
            ("w1@%d", "w1@example.org"),
            ("w1", "celery@w1"),
            ("wut-1a2b3c@test", "wut-1a2b3c@test"),
            ("100%%@%n%", "100%@music%"),
            ("ü%ü@h", "ü%ü@h"),
        ] {
            assert_eq!(expanded(said, "music.example.org"), meant, "{said}");
        }
        assert_eq!(expanded("w@%d", "music"), "w@");
    }
}
