//! Results in the form in which Celery's `AsyncResult` reads them.

use chrono::{DateTime, Utc};
use domain::ports::Verdict;
use serde_json::{Value, json};

use crate::redis::wire::{ResultWish, write_moment};

/// The key of the result of the task `id`, and the channel it is told on.
pub(in crate::redis) fn key_of(id: &str) -> String {
    format!("celery-task-meta-{id}")
}

/// What Celery may read of `verdict`; `None` when the task has not ended with it.
pub(in crate::redis) fn document(
    id: &str,
    verdict: &Verdict,
    wish: &ResultWish,
    now: DateTime<Utc>,
) -> Option<String> {
    let (status, result) = match verdict {
        Verdict::Done(value) => ("SUCCESS", value.clone()),
        Verdict::Bury(reason) => {
            let error = json!({
                "exc_type": "TaskBuried",
                "exc_message": [reason.as_str()],
                "exc_module": "backbeat",
            });
            ("FAILURE", error)
        }
        _ => return None,
    };
    let mut document = json!({
        "status": status,
        "result": result,
        "traceback": null,
        "children": [],
        "date_done": write_moment(now),
        "task_id": id,
    });
    for (name, id) in [("parent_id", &wish.parent_id), ("group_id", &wish.group_id)] {
        if let Some(id) = id {
            document[name] = Value::from(id.as_str());
        }
    }
    Some(document.to_string())
}
