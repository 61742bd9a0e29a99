//! Which tasks the platform's own workers do.

use super::{Envelope, QueueName, TaskName};

/// Which tasks the platform's own workers do, if they get them; all others are Python's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnWork {
    /// The names of the tasks they know.
    pub names: Vec<TaskName>,
    /// The queues that Python workers serve, whatever is in them.
    pub python_queues: Vec<QueueName>,
}

impl OwnWork {
    /// Whether our workers do this task.
    pub fn includes(&self, task: &Envelope) -> bool {
        self.names.contains(&task.name) && !self.python_queues.contains(&task.queue)
    }
}
