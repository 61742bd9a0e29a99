//! Queues are served by turns.

use domain::tasks::QueueName;

/// The queues in the order in which they are served: whoever was first the last time comes last.
pub(super) fn in_turn(names: &[QueueName], served: Option<&QueueName>) -> Vec<QueueName> {
    let place = names.iter().position(|name| Some(name) == served);
    let next = place.map_or(0, |place| place + 1);
    let (last, first) = names.split_at(next);
    [first, last].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> QueueName {
        text.to_owned().try_into().expect("a name")
    }

    #[test]
    fn queues_take_turns() {
        let names = ["a", "b", "c"].map(name);
        let order = |served: Option<&str>| {
            let served = served.map(name);
            let names = in_turn(&names, served.as_ref());
            let names: Vec<_> = names
                .iter()
                .map(QueueName::as_str)
                .map(str::to_owned)
                .collect();
            names.concat()
        };

        assert_eq!(order(None), "abc");
        assert_eq!(order(Some("a")), "bca");
        assert_eq!(order(Some("c")), "abc");
        assert_eq!(order(Some("another")), "abc");
    }
}
