//! Which tasks a worker has.

use std::collections::HashSet;

use domain::tasks::TaskId;
use serde_json::{Map, Value, json};

use super::info::info;
use crate::redis::node::Node;

impl Node {
    /// The tasks that run.
    pub(super) fn active(&self, as_texts: bool) -> Value {
        let in_hand = self.control.in_hand().into_iter();
        let running = in_hand.filter(|each| each.running_since.is_some());
        running
            .map(|each| info(&self.who, &each.lease, each.running_since, as_texts))
            .collect()
    }

    /// The tasks that wait in the worker.
    pub(super) fn reserved(&self) -> Value {
        let in_hand = self.control.in_hand().into_iter();
        let waiting = in_hand.filter(|each| each.running_since.is_none());
        waiting
            .map(|each| info(&self.who, &each.lease, None, false))
            .collect()
    }

    /// What becomes of these tasks, as far as the worker knows.
    pub(super) async fn query(&self, ids: &[TaskId]) -> Value {
        let mut ids: HashSet<&TaskId> = ids.iter().collect();
        let mut found = Map::new();
        for each in self.control.in_hand() {
            if ids.remove(&each.lease.envelope.id) {
                let state = match each.running_since {
                    Some(_) => "active",
                    None => "reserved",
                };
                let info = info(&self.who, &each.lease, each.running_since, false);
                let id = each.lease.envelope.id.as_str().to_owned();
                found.insert(id, json!([state, info]));
            }
        }
        if !ids.is_empty() {
            for waiting in self.waiting().await.unwrap_or_default() {
                let id = &waiting.lease.envelope.id;
                if ids.remove(id) {
                    let info = info(&self.who, &waiting.lease, None, false);
                    found.insert(id.as_str().to_owned(), json!(["scheduled", info]));
                }
            }
        }
        Value::Object(found)
    }
}
