//! The lists that make up a queue: one a step of urgency, as Celery names them.

use domain::tasks::{Priority, QueueName};

/// The steps of urgency; 0 is served first.
pub const STEPS: [u8; 4] = [0, 3, 6, 9];

/// What Celery puts between the parts of a name: those of a list, and those of a binding.
pub(super) const SEPARATOR: &str = "\x06\x16";

/// The step that tasks of `priority` wait in: the largest that is no larger.
pub fn step_of(priority: Priority) -> u8 {
    priority.number() / 3 * 3
}

/// The name of the list of `queue` that holds the tasks of `step`.
pub fn list_of(queue: &QueueName, step: u8) -> String {
    match step {
        0 => queue.to_string(),
        step => format!("{queue}{SEPARATOR}{step}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_priorities_share_four_lists() {
        let queue = QueueName::default();
        let lists: Vec<String> = (0..=10)
            .map(|number| list_of(&queue, step_of(Priority::new(number))))
            .collect();

        let (first, second, third, last) = (
            "celery",
            "celery\u{6}\u{16}3",
            "celery\u{6}\u{16}6",
            "celery\u{6}\u{16}9",
        );
        assert_eq!(
            lists,
            [
                first, first, first, second, second, second, third, third, third, last, last
            ]
        );
    }
}
