//! Which queues an exchange of Celery's reaches, as kombu notes it in the sets `_kombu.binding.*`.

use super::lists::SEPARATOR;

/// How many words of a routing key are compared.
const MOST_WORDS: usize = 64;

/// What stands for `queue`, which an exchange reaches by this routing key and no other.
pub(in crate::redis) fn binding(key: &str, queue: &str) -> String {
    format!("{key}{SEPARATOR}{SEPARATOR}{queue}")
}

/// The queues that are reached by `routing_key`, of those that are bound.
pub(super) fn reached<'a>(
    bindings: &'a [String],
    routing_key: &'a str,
) -> impl Iterator<Item = &'a str> {
    bindings.iter().filter_map(move |binding| {
        let mut parts = binding.split(SEPARATOR);
        let (key, pattern, queue) = (parts.next()?, parts.next()?, parts.next()?);
        let is_meant = if pattern.is_empty() {
            key == routing_key
        } else {
            matches(&words(key), &words(routing_key))
        };
        is_meant.then_some(queue)
    })
}

fn words(key: &str) -> Vec<&str> {
    key.split('.').take(MOST_WORDS).collect()
}

/// Whether a topic is one that a binding is for: `*` is any word, `#` any number of them.
fn matches(pattern: &[&str], topic: &[&str]) -> bool {
    // Which beginnings of the topic the pattern so far is for.
    let mut reached = vec![false; topic.len() + 1];
    reached[0] = true;
    for word in pattern {
        let before = reached.clone();
        if *word == "#" {
            let mut any = false;
            for (here, was) in reached.iter_mut().zip(before) {
                any |= was;
                *here = any;
            }
            continue;
        }
        reached[0] = false;
        for (at, each) in topic.iter().enumerate() {
            reached[at + 1] = before[at] && (*word == "*" || word == each);
        }
    }
    reached[topic.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_tells_queues_by_keys_and_topics() {
        let bound = |key: &str, pattern: &str, queue: &str| {
            format!("{key}{SEPARATOR}{pattern}{SEPARATOR}{queue}")
        };
        let bindings = [
            binding("a.b", "direct"),
            bound("a.*", "^a\\.[^\\.]+$", "one"),
            bound("#.c", "^.*?\\.c$", "end"),
            bound("a.#", "^a\\..*?$", "any"),
        ];
        for (key, expected) in [
            ("a.b", &["direct", "one", "any"][..]),
            ("a.b.c", &["end", "any"]),
            ("c", &["end"]),
            ("b", &[]),
        ] {
            let reached: Vec<&str> = reached(&bindings, key).collect();
            assert_eq!(reached, expected, "{key}");
        }
    }
}
