//! What is told of one task.

use chrono::{DateTime, Utc};
use domain::ports::Lease;
use serde_json::{Value, json};

use crate::redis::node::events::arguments;
use crate::redis::node::who::Who;
use crate::redis::wire::events::seconds;

/// How long arguments are told as they are; longer ones are told as texts, which are cut.
const MOST_ARGUMENTS: usize = 16 * 1024;

/// What is told of a task that a worker has or may get.
pub(super) fn info(
    who: &Who,
    lease: &Lease,
    running_since: Option<DateTime<Utc>>,
    as_texts: bool,
) -> Value {
    let envelope = &lease.envelope;
    let shadow = envelope.header("shadow");
    let was_delivered = envelope.headers.get("redelivered").and_then(Value::as_bool);
    let (args, kwargs) = shown(lease, as_texts);
    json!({
        "id": envelope.id.as_str(),
        "name": shadow.unwrap_or(envelope.name.as_str()),
        "args": args,
        "kwargs": kwargs,
        "type": envelope.name.as_str(),
        "hostname": who.name,
        "time_start": running_since.map(seconds),
        "acknowledged": false,
        "delivery_info": {
            "exchange": "",
            "routing_key": envelope.queue.as_str(),
            "priority": envelope.priority.number(),
            "redelivered": 0 < lease.crashes || was_delivered == Some(true),
        },
        "worker_pid": running_since.map(|_| who.pid),
    })
}

fn shown(lease: &Lease, as_texts: bool) -> (Value, Value) {
    let payload = &lease.envelope.payload;
    if !as_texts
        && payload.as_bytes().len() <= MOST_ARGUMENTS
        && let Some((args, kwargs)) = payload.arguments()
    {
        return (args.into(), kwargs.into());
    }
    let (args, kwargs) = arguments(&lease.envelope);
    (args.into(), kwargs.into())
}
