//! Which queues a worker serves.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::tasks::QueueName;
use serde_json::{Value, json};

use crate::redis::node::Node;
use crate::redis::wire::control::{error_reply, ok_reply};

/// How many queues a worker may be told to serve.
const MOST: usize = 1000;

/// By which exchange, and by which key, queues are reached that were added with such.
#[derive(Default)]
pub(in crate::redis::node) struct Bindings(Mutex<HashMap<QueueName, (String, String)>>);

impl Bindings {
    fn change(&self, change: impl FnOnce(&mut HashMap<QueueName, (String, String)>)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The exchange and the key of a queue: its own name, unless something else was said.
    fn of(&self, queue: &QueueName) -> (String, String) {
        let bindings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = || (queue.to_string(), queue.to_string());
        bindings.get(queue).cloned().unwrap_or_else(own)
    }
}

impl Node {
    /// The queues it serves.
    pub(super) fn queues(&self) -> Vec<QueueName> {
        self.control.queues()
    }

    /// The queues it serves, with all that Celery says of a queue.
    pub(super) fn active_queues(&self) -> Value {
        let queues = self.queues().into_iter();
        let described = |queue| {
            let (exchange, key) = self.bindings.of(&queue);
            described(queue.as_str(), &exchange, &key)
        };
        queues.map(described).collect()
    }

    pub(super) async fn add_consumer(
        &self,
        queue: QueueName,
        binding: Option<(String, String)>,
    ) -> Value {
        let queues = self.queues();
        if queues.contains(&queue) {
            return ok_reply(format!("already consuming from '{queue}'"));
        }
        if MOST <= queues.len() {
            return error_reply("it serves as many queues as it can");
        }
        if let Some((exchange, key)) = binding {
            if let Err(error) = self.bind_for_good(&exchange, &key, queue.as_str()).await {
                tracing::warn!("the queue {queue} could not be bound: {error}");
                return error_reply("the queue could not be bound to the exchange now");
            }
            self.bindings
                .change(|all| _ = all.insert(queue.clone(), (exchange, key)));
        }
        let words = format!("add consumer {queue}");
        self.control.add_queue(queue);
        ok_reply(words)
    }

    pub(super) fn cancel_consumer(&self, queue: &QueueName) -> Value {
        self.control.cancel_queue(queue);
        self.bindings.change(|all| _ = all.remove(queue));
        ok_reply(format!("no longer consuming from {queue}"))
    }
}

fn described(queue: &str, exchange: &str, key: &str) -> Value {
    json!({
        "name": queue,
        "exchange": {
            "name": exchange,
            "type": "direct",
            "arguments": null,
            "durable": true,
            "passive": false,
            "auto_delete": false,
            "delivery_mode": null,
            "no_declare": false,
        },
        "routing_key": key,
        "queue_arguments": null,
        "binding_arguments": null,
        "consumer_arguments": null,
        "durable": true,
        "exclusive": false,
        "auto_delete": false,
        "no_ack": false,
        "alias": null,
        "bindings": [],
        "no_declare": null,
        "expires": null,
        "message_ttl": null,
        "max_length": null,
        "max_length_bytes": null,
        "max_priority": null,
    })
}
