//! How a worker does.

use serde_json::{Value, json};

use crate::redis::RedisUrl;
use crate::redis::node::{Node, machine};

/// Where Redis is, as Celery tells it, without the password.
pub(in crate::redis::node) fn broker(url: &RedisUrl) -> Value {
    let (host, port, ssl) = url.host();
    json!({
        "hostname": host,
        "userid": null,
        "virtual_host": url.database().to_string(),
        "port": port,
        "insist": false,
        "ssl": ssl,
        "transport": "redis",
        "connect_timeout": crate::redis::link::CONNECT_WITHIN.as_secs(),
        "transport_options": {},
        "login_method": null,
        "uri_prefix": null,
        "heartbeat": 0,
        "failover_strategy": "round-robin",
        "alternates": [],
    })
}

impl Node {
    pub(super) fn stats(&self) -> Value {
        let begun = self.control.begun();
        let total: serde_json::Map<String, Value> = begun
            .iter()
            .map(|(name, count)| (name.to_string(), Value::from(*count)))
            .collect();
        let concurrency = self.control.concurrency();
        json!({
            "total": total,
            "pid": self.who.pid,
            "clock": self.who.tick().to_string(),
            "uptime": self.since.elapsed().as_secs(),
            "pool": {
                "implementation": "backbeat:tokio",
                "max-concurrency": concurrency,
                "processes": [self.who.pid],
                "max-tasks-per-child": "N/A",
                "put-guarded-by-semaphore": true,
                "timeouts": [0, 0],
                "writes": {"total": begun.values().sum::<u64>()},
            },
            "broker": self.broker,
            "prefetch_count": concurrency * self.control.prefetch(),
            "rusage": machine::usage(),
            "events": {"enabled": self.events.are_wanted(), "dropped": self.events.dropped()},
        })
    }
}
