//! Finds who does a task by the task's name.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use serde_json::Value;

use super::{
    Context, Handler, Payload, PayloadError, RateLimit, RateLimitError, Reason, Task, TaskError,
    TaskName,
};
use crate::ports::chain;

/// Finds the handler of a task by its name.
#[derive(Clone, Default)]
pub struct Router {
    routes: HashMap<&'static str, Arc<dyn Route>>,
}

impl Router {
    /// This router, which also knows who does `T`.
    ///
    /// # Panics
    ///
    /// When the name of `T` is routed already, or its rate limit is none: both are mistakes of
    /// the program.
    #[must_use]
    pub fn route<T: Task>(mut self, handler: impl Handler<T>) -> Self {
        let route = HandlerRoute {
            handler,
            task: PhantomData,
        };
        let is_a_rate = route.rate_limit().is_none_or(|rate| rate.is_ok());
        assert!(is_a_rate, "the rate limit of {} is none", T::NAME);
        let earlier = self.routes.insert(T::NAME, Arc::new(route));
        assert!(earlier.is_none(), "the task {} is routed twice", T::NAME);
        self
    }

    /// The names it knows, in alphabetical order.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.routes.keys().copied().collect();
        names.sort_unstable();
        names
    }

    /// Whether anybody does the task of this name.
    pub fn knows(&self, name: &str) -> bool {
        self.routes.contains_key(name)
    }

    /// How long one attempt at this task may take, if the task says so.
    pub fn time_limit(&self, name: &TaskName) -> Option<Duration> {
        self.find(name)?.time_limit()
    }

    /// How often one worker may begin this task, if the task says so.
    pub fn rate_limit(&self, name: &str) -> Option<RateLimit> {
        self.routes.get(name)?.rate_limit()?.ok()
    }

    /// Does the task of this name with these arguments, as a part of the attempt that `context` is
    /// of; for handlers that do other tasks.
    ///
    /// # Errors
    ///
    /// Those of its handler; there is no hope when it has none, or the arguments are not its own.
    pub async fn perform(
        &self,
        name: &TaskName,
        payload: &Payload,
        context: &Context,
    ) -> Result<Value, TaskError> {
        let hopeless = |words: String| TaskError::GiveUp(Reason::new(words));
        let Some(route) = self.find(name) else {
            return Err(hopeless(format!("no handler for the task name {name}")));
        };
        let done = route.run(payload, context).await;
        done.map_err(|error| match error {
            RouteError::Undecodable(error) => hopeless(chain(&error)),
            RouteError::Failed(error) => error,
        })
    }

    pub(super) fn find(&self, name: &TaskName) -> Option<&dyn Route> {
        self.routes.get(name.as_str()).map(AsRef::as_ref)
    }
}

/// A handler whose task type is forgotten.
#[async_trait]
pub(super) trait Route: Send + Sync {
    fn give_up_after(&self) -> TimeDelta;
    fn max_retries(&self) -> Option<u32>;
    fn time_limit(&self) -> Option<Duration>;
    fn rate_limit(&self) -> Option<Result<RateLimit, RateLimitError>>;
    async fn run(&self, payload: &Payload, context: &Context) -> Result<Value, RouteError>;
}

/// Why a routed task yielded nothing.
#[derive(Debug)]
pub(super) enum RouteError {
    Undecodable(PayloadError),
    Failed(TaskError),
}

struct HandlerRoute<H, T> {
    handler: H,
    task: PhantomData<fn() -> T>,
}

#[async_trait]
impl<T: Task, H: Handler<T>> Route for HandlerRoute<H, T> {
    fn give_up_after(&self) -> TimeDelta {
        T::GIVE_UP_AFTER
    }

    fn max_retries(&self) -> Option<u32> {
        T::MAX_RETRIES
    }

    fn time_limit(&self) -> Option<Duration> {
        T::TIME_LIMIT
    }

    fn rate_limit(&self) -> Option<Result<RateLimit, RateLimitError>> {
        T::RATE_LIMIT.map(str::parse)
    }

    async fn run(&self, payload: &Payload, context: &Context) -> Result<Value, RouteError> {
        let task = payload.decode::<T>().map_err(RouteError::Undecodable)?;
        let output = self
            .handler
            .handle(task, context)
            .await
            .map_err(RouteError::Failed)?;
        Ok(serde_json::to_value(output).expect("the output of a task serializes"))
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Rest;

    impl Task for Rest {
        type Output = ();
        const NAME: &'static str = "tasks.rest";
    }

    struct Rester;

    #[async_trait]
    impl Handler<Rest> for Rester {
        async fn handle(&self, Rest: Rest, _: &Context) -> Result<(), TaskError> {
            Ok(())
        }
    }

    #[test]
    #[should_panic(expected = "the task tasks.rest is routed twice")]
    fn two_handlers_of_one_name_are_refused_at_the_start() {
        let _ = Router::default().route(Rester).route(Rester);
    }
}
