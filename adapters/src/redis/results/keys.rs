//! What the keys of results are called.

/// The names of all keys, behind their prefix.
#[derive(Clone, Debug)]
pub(super) struct ResultKeys(String);

impl ResultKeys {
    /// As Celery does: a prefix that ends in no mark is given one.
    pub(super) fn new(prefix: &str) -> Self {
        let has_mark = prefix.is_empty() || prefix.ends_with([':', '_', '-', '.']);
        let mark = if has_mark { "" } else { "_" };
        Self(format!("{prefix}{mark}"))
    }

    /// The result of a task, and the channel it is told on.
    pub(super) fn task(&self, id: &str) -> String {
        format!("{}celery-task-meta-{id}", self.0)
    }

    /// The saved results of a group.
    pub(super) fn group(&self, id: &str) -> String {
        format!("{}celery-taskset-meta-{id}", self.0)
    }

    /// The parts of a chord that were counted.
    pub(super) fn parts(&self, group: &str) -> String {
        self.group(group) + ".j"
    }

    /// How many parts were added after it was sent.
    pub(super) fn added(&self, group: &str) -> String {
        self.group(group) + ".t"
    }

    /// Which parts were counted.
    pub(super) fn counted(&self, group: &str) -> String {
        self.group(group) + ".d"
    }

    /// How many parts it had when it was sent.
    pub(super) fn size(&self, group: &str) -> String {
        self.group(group) + ".s"
    }

    /// Who goes on with its body.
    pub(super) fn claim(&self, group: &str) -> String {
        self.group(group) + ".c"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_with_a_mark() {
        for (prefix, expected) in [
            ("", "celery-task-meta-a"),
            ("shop", "shop_celery-task-meta-a"),
            ("shop:", "shop:celery-task-meta-a"),
            ("shop_", "shop_celery-task-meta-a"),
            ("shop-", "shop-celery-task-meta-a"),
            ("shop.", "shop.celery-task-meta-a"),
        ] {
            assert_eq!(ResultKeys::new(prefix).task("a"), expected);
        }
    }
}
