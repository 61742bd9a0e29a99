//! Which queue a task goes to.

use super::{QueueName, Task, TaskName};

/// Which queue the tasks that are born here go to, by their names.
///
/// The first rule whose pattern fits decides; what no rule fits goes to the default queue. In
/// a pattern `*` stands for any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    rules: Vec<(String, QueueName)>,
    default: QueueName,
}

impl Routes {
    /// Everything goes to `default`.
    pub fn to(default: QueueName) -> Self {
        Self {
            rules: Vec::new(),
            default,
        }
    }

    /// These routes, and behind their rules this one.
    #[must_use]
    pub fn and(mut self, pattern: impl Into<String>, queue: QueueName) -> Self {
        self.rules.push((pattern.into(), queue));
        self
    }

    /// Where what is not routed elsewhere goes.
    pub fn default_queue(&self) -> &QueueName {
        &self.default
    }

    /// The queue of tasks of this kind.
    pub fn queue_for<T: Task>(&self) -> QueueName {
        self.queue_of(&TaskName::of::<T>()).clone()
    }

    /// Every queue that something is routed to, the default queue first.
    pub fn queues(&self) -> impl Iterator<Item = &QueueName> {
        let ruled = self.rules.iter().map(|(_, queue)| queue);
        std::iter::once(&self.default).chain(ruled)
    }

    /// The queue of this task.
    pub fn queue_of(&self, task: &TaskName) -> &QueueName {
        let fits = |(pattern, _): &&(String, QueueName)| fits(pattern, task.as_str());
        let rule = self.rules.iter().find(fits);
        rule.map_or(&self.default, |(_, queue)| queue)
    }
}

/// Whether `name` is what `pattern` says.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(start) else {
        return false;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some(at) = left.find(part) else {
            return false;
        };
        left = &left[at + part.len()..];
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, name, expected) in [
            ("tasks.add", "tasks.add", true),
            ("tasks.add", "tasks.added", false),
            ("tasks.*", "tasks.add", true),
            ("tasks.*", "other.tasks.add", false),
            ("*.add", "tasks.add", true),
            ("*.add", "add", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c", false),
            ("a*b*c", "abc", true),
            ("a*a", "a", false),
            ("*", "anything", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let queue = |name: &str| QueueName::try_from(name.to_owned()).expect("a name");
        let routes = Routes::to(queue("rest"))
            .and("a.b", queue("one"))
            .and("a.*", queue("many"));
        let of = |name: &str| {
            let name = TaskName::try_from(name.to_owned()).expect("a name");
            routes.queue_of(&name).as_str().to_owned()
        };

        assert_eq!(of("a.b"), "one");
        assert_eq!(of("a.c"), "many");
        assert_eq!(of("b"), "rest");
    }
}
