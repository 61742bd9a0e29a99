//! The tasks that every worker of Celery knows, because its canvas sends them.

use async_trait::async_trait;
use domain::tasks::{
    Context, Handler, Payload, PayloadError, Reason, Router, Task, TaskError, TaskName,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `router`, which also does what Celery's canvas sends to every worker: `celery.map`,
/// `celery.starmap` and `celery.accumulate`, and `celery.backend_cleanup`, which has nothing to do
/// where results have an end of their own.
#[must_use]
pub fn with_celery_tasks(router: Router) -> Router {
    let known = router.clone();
    router
        .route::<MapTask>(Mapper(known.clone()))
        .route::<StarmapTask>(Mapper(known))
        .route::<Accumulate>(Simple)
        .route::<BackendCleanup>(Simple)
}

/// Which task is to be done with which arguments.
#[derive(Serialize, Deserialize)]
struct Mapped {
    task: Value,
    it: Vec<Value>,
}

/// A task is done for each of many arguments.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct MapTask(Mapped);

impl Task for MapTask {
    type Output = Vec<Value>;
    const NAME: &'static str = "celery.map";
    const ARGUMENTS: &'static [&'static str] = &["task", "it"];
}

/// A task is done for each of many lists of arguments.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct StarmapTask(Mapped);

impl Task for StarmapTask {
    type Output = Vec<Value>;
    const NAME: &'static str = "celery.starmap";
    const ARGUMENTS: &'static [&'static str] = &["task", "it"];
}

/// Does other tasks as parts of one attempt.
struct Mapper(Router);

impl Mapper {
    async fn run(
        &self,
        mapped: Mapped,
        context: &Context,
        arguments: impl Fn(Value) -> Vec<Value> + Send,
    ) -> Result<Vec<Value>, TaskError> {
        let name = mapped.task.get("task").unwrap_or(&mapped.task);
        let name = name.as_str().unwrap_or_default().to_owned();
        let name = TaskName::try_from(name)
            .map_err(|error| hopeless(format!("the name of the task to be mapped {error}")))?;
        let mut results = Vec::with_capacity(mapped.it.len());
        for item in mapped.it {
            let payload = Payload::of_arguments(&arguments(item), &Map::new());
            results.push(self.0.perform(&name, &payload, context).await?);
        }
        Ok(results)
    }
}

#[async_trait]
impl Handler<MapTask> for Mapper {
    async fn handle(&self, task: MapTask, context: &Context) -> Result<Vec<Value>, TaskError> {
        self.run(task.0, context, |item| vec![item]).await
    }
}

#[async_trait]
impl Handler<StarmapTask> for Mapper {
    async fn handle(&self, task: StarmapTask, context: &Context) -> Result<Vec<Value>, TaskError> {
        let arguments = |item| match item {
            Value::Array(arguments) => arguments,
            single => vec![single],
        };
        self.run(task.0, context, arguments).await
    }
}

/// Gives back what it is given.
#[derive(Serialize, Deserialize)]
struct Accumulate {
    arguments: Vec<Value>,
    index: Option<usize>,
}

impl Task for Accumulate {
    type Output = Value;
    const NAME: &'static str = "celery.accumulate";

    fn from_arguments(
        positional: Vec<Value>,
        keywords: Map<String, Value>,
    ) -> Result<Self, PayloadError> {
        let index = keywords.get("index").and_then(Value::as_u64);
        Ok(Self {
            arguments: positional,
            index: index.and_then(|index| usize::try_from(index).ok()),
        })
    }
}

/// Clears away old results.
#[derive(Serialize, Deserialize)]
struct BackendCleanup {}

impl Task for BackendCleanup {
    type Output = ();
    const NAME: &'static str = "celery.backend_cleanup";
}

/// Does what needs nothing.
struct Simple;

#[async_trait]
impl Handler<Accumulate> for Simple {
    async fn handle(&self, mut task: Accumulate, _: &Context) -> Result<Value, TaskError> {
        match task.index {
            None => Ok(Value::Array(task.arguments)),
            Some(index) if index < task.arguments.len() => Ok(task.arguments.swap_remove(index)),
            Some(index) => Err(hopeless(format!("there is no argument {index}"))),
        }
    }
}

#[async_trait]
impl Handler<BackendCleanup> for Simple {
    async fn handle(&self, _: BackendCleanup, _: &Context) -> Result<(), TaskError> {
        Ok(())
    }
}

fn hopeless(words: String) -> TaskError {
    TaskError::GiveUp(Reason::new(words))
}

#[cfg(test)]
mod tests {
    use domain::tasks::{Cancellation, Slot};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Add {
        x: i64,
        y: i64,
    }

    impl Task for Add {
        type Output = i64;
        const NAME: &'static str = "tests.add";
        const ARGUMENTS: &'static [&'static str] = &["x", "y"];
    }

    struct Adder;

    #[async_trait]
    impl Handler<Add> for Adder {
        async fn handle(&self, task: Add, _: &Context) -> Result<i64, TaskError> {
            Ok(task.x + task.y)
        }
    }

    async fn performed(name: &str, positional: &[Value], keywords: Value) -> Result<Value, String> {
        let router = with_celery_tasks(Router::default().route(Adder));
        let Value::Object(keywords) = keywords else {
            panic!("keywords are an object");
        };
        let context = Context {
            id: "a".to_owned().try_into().expect("an id"),
            attempt: 1,
            due_since: chrono::DateTime::UNIX_EPOCH,
            deadline: chrono::DateTime::UNIX_EPOCH,
            max_retries: None,
            worker: domain::ports::WorkerId::new(Uuid::nil()),
            cancellation: Cancellation::default(),
            slot: Slot::default(),
        };
        let name = TaskName::try_from(name.to_owned()).expect("a name");
        let payload = Payload::of_arguments(positional, &keywords);
        let done = router.perform(&name, &payload, &context).await;
        done.map_err(|error| error.reason().to_string())
    }

    #[tokio::test]
    async fn tasks_of_the_canvas_are_done() {
        let task = json!({"task": "tests.add", "args": [], "kwargs": {}, "options": {}, "subtask_type": null});
        let star = json!({"task": task, "it": [[1, 2], [3, 4]]});
        assert_eq!(
            performed("celery.starmap", &[], star).await,
            Ok(json!([3, 7]))
        );
        let map = json!({"task": task, "it": [1]});
        let refused = performed("celery.map", &[], map)
            .await
            .expect_err("one is too few");
        assert!(refused.contains("missing field"), "{refused}");
        assert_eq!(
            performed("celery.accumulate", &[json!(1), json!(2)], json!({})).await,
            Ok(json!([1, 2]))
        );
        assert_eq!(
            performed(
                "celery.accumulate",
                &[json!(1), json!(2)],
                json!({"index": 1})
            )
            .await,
            Ok(json!(2))
        );
        let nothing = performed("celery.accumulate", &[], json!({"index": 0})).await;
        assert_eq!(nothing, Err("there is no argument 0".to_owned()));
        assert_eq!(
            performed("celery.backend_cleanup", &[], json!({})).await,
            Ok(Value::Null)
        );
        let unknown = json!({"task": {"task": "tests.none"}, "it": [1]});
        let refused = performed("celery.map", &[], unknown).await;
        assert_eq!(
            refused,
            Err("no handler for the task name tests.none".to_owned())
        );
    }
}
