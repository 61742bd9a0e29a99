//! What is to be done because an attempt has ended.

use domain::ports::{Attempted, Fence};
use domain::tasks::{Envelope, Outcome, Reason};
use serde_json::{Map, Value};

use super::Reporter;
use crate::redis::wire::canvas::{
    CanvasError, Embed, Failed, FollowUps, Parent, Sender, after_failure, after_success,
};
use crate::redis::wire::{Exception, Extended, ResultDocument, ResultState};

/// What is to be done because an attempt has ended.
pub(super) struct Errand<'a> {
    pub(super) attempted: &'a Attempted,
    /// What it was, in the words of Python, if it went wrong; and where it was raised.
    pub(super) exception: Option<(Exception, Option<String>)>,
    /// What is to be sent.
    pub(super) follow_ups: FollowUps,
    /// What fails with it.
    pub(super) failed: Failed,
    /// The body of the chord that the task is a part of.
    pub(super) chord: Option<Value>,
    /// Positional and keyword arguments, if they are stored with the result.
    arguments: Option<(Vec<Value>, Map<String, Value>)>,
}

impl<'a> Errand<'a> {
    fn new(attempted: &'a Attempted) -> Self {
        Self {
            attempted,
            exception: None,
            follow_ups: FollowUps::default(),
            failed: Failed::default(),
            chord: None,
            arguments: None,
        }
    }

    pub(super) fn task(&self) -> &'a Envelope {
        &self.attempted.lease.envelope
    }

    pub(super) fn fence(&self) -> Fence {
        self.attempted.lease.fence
    }

    /// Whether something is to be sent.
    pub(super) fn sends(&self) -> bool {
        !self.follow_ups.messages.is_empty() || !self.failed.messages.is_empty()
    }

    /// How the task fares now; nothing if that is not worth storing.
    pub(super) fn state(&self) -> Option<ResultState<'_>> {
        let raised = || {
            let (exception, traceback) = self.exception.as_ref()?;
            Some((exception, traceback.as_deref()))
        };
        match &self.attempted.outcome {
            Outcome::Done(result) if self.exception.is_none() => Some(ResultState::Success(result)),
            Outcome::Done(_) | Outcome::Failed(_) => {
                raised().map(|(exception, traceback)| ResultState::Failure(exception, traceback))
            }
            Outcome::Retry(..) | Outcome::Postpone(..) | Outcome::Crashed(..) => {
                raised().map(|(exception, traceback)| ResultState::Retry(exception, traceback))
            }
            Outcome::Revoked(why) => Some(ResultState::Revoked(*why)),
            Outcome::Requeue(..) | Outcome::Release => None,
        }
    }

    /// What is stored of the task itself.
    pub(super) fn document(&self, worker: &'a str) -> Option<ResultDocument<'_>> {
        let task = self.task();
        let extended = self.arguments.as_ref().map(|(args, kwargs)| Extended {
            name: task.name.as_str(),
            args,
            kwargs,
            worker,
            retries: self.attempted.lease.attempt.saturating_sub(1),
            queue: task.queue.as_str(),
        });
        Some(ResultDocument {
            task_id: task.id.as_str(),
            state: self.state()?,
            children: &self.follow_ups.children,
            parent_id: task.header("parent_id"),
            group_id: task.header("group"),
            extended,
        })
    }
}

impl Reporter {
    /// What is to be done because this attempt has ended. When what follows it cannot be understood,
    /// nothing of it is done: then the log says so, and a success is stored as a failure, so that
    /// whoever waits for the end of a chain does not wait for ever.
    pub(super) fn errand<'a>(&self, attempted: &'a Attempted) -> Errand<'a> {
        let mut errand = Errand::new(attempted);
        let task = errand.task();
        errand.exception = self.exception(attempted);
        if self.settings.wishes.is_extended && self.settings.wishes.include(task) {
            errand.arguments = task.payload.arguments();
        }
        let is_over = matches!(
            attempted.outcome,
            Outcome::Done(_) | Outcome::Failed(_) | Outcome::Revoked(_)
        );
        if is_over
            && task.key.is_none()
            && let Err(error) = self.plan(&mut errand)
        {
            let id = &task.id;
            let words = format!("what follows the task is not sent: {error}");
            tracing::error!(task.id = %id, "Task [{id}]: {words}");
            let exception = Exception::of_retry(&Reason::new(words));
            errand.exception.get_or_insert((exception, None));
        }
        errand
    }

    fn plan(&self, errand: &mut Errand<'_>) -> Result<(), CanvasError> {
        let mut embed = Embed::read(&errand.task().payload)?;
        if embed.is_empty() {
            return Ok(());
        }
        errand.chord = embed.chord.take();
        let parent = self.parent(errand.task());
        match &errand.attempted.outcome {
            Outcome::Done(result) => {
                errand.follow_ups = after_success(&parent, embed, result, &self.sender())?;
            }
            Outcome::Failed(_) => {
                errand.failed = after_failure(&parent, embed, &self.sender())?;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn parent(&self, task: &Envelope) -> Parent {
        let parent = Parent::of(task);
        if self.settings.inherits_priority {
            parent.handing_on(task.priority)
        } else {
            parent
        }
    }

    pub(super) fn sender(&self) -> Sender<'_> {
        Sender {
            routes: &self.settings.routes,
            priority: self.settings.priority,
            now: self.clock.now(),
        }
    }

    fn exception(&self, attempted: &Attempted) -> Option<(Exception, Option<String>)> {
        let task = &attempted.lease.envelope.name;
        let exception = match &attempted.outcome {
            Outcome::Failed(failure) => Exception::of_failure(failure, task),
            Outcome::Retry(_, reason) | Outcome::Postpone(_, reason) => Exception::of_retry(reason),
            Outcome::Crashed(_, reason) => Exception::of_crash(reason),
            Outcome::Done(_) | Outcome::Requeue(..) | Outcome::Revoked(_) | Outcome::Release => {
                return None;
            }
        };
        let traceback = exception.traceback(task.as_str(), self.events.node_name());
        Some((exception, traceback))
    }
}
