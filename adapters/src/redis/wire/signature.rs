//! What is to be done, as Celery's canvas says it: one task, or several in some order.

mod reading;
mod writing;

use serde_json::{Map, Value};

use super::canvas::CanvasError;

/// What is to be done: one task, or several in some order.
///
/// Its options are those of Celery's `apply_async`: `task_id`, `queue`, `countdown`, `eta`,
/// `expires`, `priority`, `headers`, `link`, `link_error` and so on. They are kept as they
/// came and read when it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// What the task is called.
    pub task: String,
    /// Its positional arguments; results are put in front of them.
    pub args: Vec<Value>,
    /// Its keyword arguments.
    pub kwargs: Map<String, Value>,
    /// How it is sent.
    pub options: Map<String, Value>,
    /// Whether it takes no results.
    pub immutable: bool,
    /// Whether it is one task or several.
    pub shape: Shape,
}

/// Whether a signature is one task or several.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// One task.
    Task,
    /// One task that runs another for each of many arguments: `celery.map`, `celery.starmap`.
    Map,
    /// Several of these, each with so many of the arguments.
    Chunks,
    /// One after the other, each with the result of the one before.
    Chain(Vec<Signature>),
    /// All at once.
    Group(Vec<Signature>),
    /// All of the header at once, then the body with their results.
    Chord(Box<Chord>),
}

/// The parts of a chord.
#[derive(Clone, Debug, PartialEq)]
pub struct Chord {
    /// What is done first, all at once.
    pub header: Vec<Signature>,
    /// How the header is sent; its `task_id` is the id of the group.
    pub header_options: Map<String, Value>,
    /// Keyword arguments for everything in the header.
    pub kwargs: Map<String, Value>,
    /// What is done with the results.
    pub body: Signature,
}

impl Signature {
    /// The task called `task`, without arguments and options.
    pub fn new(task: impl Into<String>) -> Self {
        Self {
            task: task.into(),
            args: Vec::new(),
            kwargs: Map::new(),
            options: Map::new(),
            immutable: false,
            shape: Shape::Task,
        }
    }

    /// These, one after the other, each with the result of the one before.
    pub fn chain(steps: Vec<Self>) -> Self {
        Self {
            shape: Shape::Chain(steps),
            ..Self::new("celery.chain")
        }
    }

    /// These, all at once.
    pub fn group(members: Vec<Self>) -> Self {
        Self {
            shape: Shape::Group(members),
            ..Self::new("celery.group")
        }
    }

    /// All of `header` at once, then `body` with their results.
    pub fn chord(header: Vec<Self>, body: Self) -> Self {
        let chord = Chord {
            header,
            header_options: Map::new(),
            kwargs: Map::new(),
            body,
        };
        Self {
            shape: Shape::Chord(Box::new(chord)),
            ..Self::new("celery.chord")
        }
    }

    /// The same with these positional arguments.
    #[must_use]
    pub fn with_args(mut self, args: Vec<Value>) -> Self {
        self.args = args;
        self
    }

    /// The same with these keyword arguments.
    #[must_use]
    pub fn with_kwargs(mut self, kwargs: Map<String, Value>) -> Self {
        self.kwargs = kwargs;
        self
    }

    /// The same with this option, in place of an earlier one of the name.
    #[must_use]
    pub fn with_option(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.options.insert(name.into(), value.into());
        self
    }

    /// The same, taking no results.
    #[must_use]
    pub fn immutable(mut self) -> Self {
        self.immutable = true;
        self
    }

    /// The signature that `value` is on the wire. What is missing is empty.
    ///
    /// # Errors
    ///
    /// When it is none; the error says why.
    pub fn read(value: Value) -> Result<Self, CanvasError> {
        reading::signature(value)
    }

    /// What the signature is on the wire.
    pub fn write(self) -> Value {
        writing::signature(self)
    }

    pub(super) fn has_no_members(&self) -> bool {
        match &self.shape {
            Shape::Chain(members) | Shape::Group(members) => members.is_empty(),
            _ => false,
        }
    }
}
