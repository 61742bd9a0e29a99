//! Tasks that nobody wants done any more.

use std::fmt::Write as _;

use domain::ports::Revoked;
use domain::tasks::{Signal, TaskId};
use serde_json::{Value, json};

use crate::redis::node::Node;
use crate::redis::wire::control::ok_reply;

/// How many ids an answer names: it is read by people.
const MOST_NAMED: usize = 100;
/// How many stamps are looked at.
const MOST_STAMPS: usize = 100;

impl Node {
    pub(super) fn revoke(&self, ids: Vec<TaskId>, terminate: Option<Signal>) -> Value {
        let named: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
        let ended = self.control.revoke(&Revoked::Ids(ids.clone()), terminate);
        tracing::info!("{} tasks were revoked by remote control", ids.len());
        self.note_revoked(ids);
        if terminate.is_some() {
            return terminated(&ended);
        }
        ok_reply(format!("tasks {{{}}} flagged as revoked", some(&named)))
    }

    pub(super) fn revoke_stamped(
        &self,
        stamps: &[(String, Vec<String>)],
        terminate: Option<Signal>,
    ) -> Value {
        let mut ended = Vec::new();
        for (name, values) in stamps.iter().take(MOST_STAMPS) {
            let stamp = Revoked::Stamp {
                name: name.clone(),
                values: values.clone(),
            };
            ended.extend(self.control.revoke(&stamp, terminate));
        }
        if terminate.is_some() {
            return terminated(&ended);
        }
        let named: Vec<String> = stamps
            .iter()
            .map(|(name, values)| {
                let values: Vec<String> = values.iter().map(|each| format!("'{each}'")).collect();
                format!("'{name}': [{}]", some(&values))
            })
            .collect();
        let named = some(&named);
        ok_reply(format!(
            "headers {{{named}}} flagged as revoked, but not terminated"
        ))
    }

    /// Another worker has come: it tells what it knows, and is told what this one knows.
    pub(super) fn greet(&self, from: &str, revoked: Vec<TaskId>) -> Value {
        if from == self.who.name {
            return Value::Null;
        }
        if !revoked.is_empty() {
            self.control.revoke(&Revoked::Ids(revoked), None);
        }
        json!({"revoked": self.revoked_ids(), "clock": self.who.tick()})
    }
}

fn terminated(ids: &[TaskId]) -> Value {
    if ids.is_empty() {
        return ok_reply("terminate: tasks unknown");
    }
    let named: Vec<String> = ids.iter().map(TaskId::to_string).collect();
    ok_reply(format!("terminate: {}", some(&named)))
}

fn some(named: &[String]) -> String {
    let more = named.len().saturating_sub(MOST_NAMED);
    let mut words = named[..named.len() - more].join(", ");
    if 0 < more {
        let _ = write!(words, " and {more} more");
    }
    words
}
