//! Tasks that leave a trace in a file, so that it can be counted how often they were done.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use domain::tasks::{Context, Handler, Reason, Task, TaskError};
use serde::{Deserialize, Serialize};
use serde_json::{Number, json};

use super::arithmetic::sleep;

/// Notes that it began, waits, and notes that it ended.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    path: String,
    label: String,
    #[serde(default = "none")]
    seconds: Number,
}

fn none() -> Number {
    0.into()
}

impl Task for Record {
    type Output = String;
    const NAME: &'static str = "interop.record";
    const ARGUMENTS: &'static [&'static str] = &["path", "label", "seconds"];
}

/// The same; to Celery it is acknowledged late, which ours all are.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct RecordLate(Record);

impl Task for RecordLate {
    type Output = String;
    const NAME: &'static str = "interop.record_late";
    const ARGUMENTS: &'static [&'static str] = Record::ARGUMENTS;
}

#[derive(Clone)]
pub(super) struct RecordHandler {
    node: Arc<str>,
}

impl RecordHandler {
    pub(super) fn on(node: &str) -> Self {
        Self { node: node.into() }
    }

    /// Adds a line to the file, all of it at once.
    fn note(&self, task: &Record, event: &str, context: &Context) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let line = json!({
            "label": task.label,
            "node": *self.node,
            "pid": std::process::id(),
            "event": event,
            "t": now.unwrap_or_default().as_secs_f64(),
            "id": context.id.to_string(),
        });
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&task.path)?;
        file.write_all(format!("{line}\n").as_bytes())
    }
}

#[async_trait]
impl Handler<Record> for RecordHandler {
    async fn handle(&self, task: Record, context: &Context) -> Result<String, TaskError> {
        self.note(&task, "start", context).map_err(cannot_note)?;
        sleep(&task.seconds).await?;
        self.note(&task, "end", context).map_err(cannot_note)?;
        Ok(task.label)
    }
}

#[async_trait]
impl Handler<RecordLate> for RecordHandler {
    async fn handle(&self, task: RecordLate, context: &Context) -> Result<String, TaskError> {
        self.handle(task.0, context).await
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is passed by name")]
fn cannot_note(error: io::Error) -> TaskError {
    TaskError::GiveUp(Reason::new(format!("the file cannot be written: {error}")))
}
