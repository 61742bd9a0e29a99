//! Settings of Celery that have one value here: to say what is so anyway is fine.

use serde_json::Value;

use crate::settings::reader::Reader;
use crate::settings::values::boolean;

/// A setting that has one value here.
pub(super) struct Fixed {
    pub(super) name: &'static str,
    /// Whether a value says what is so anyway.
    is_so: fn(&Value) -> bool,
    otherwise: Otherwise,
}

/// What becomes of another value.
enum Otherwise {
    /// The program does not start: it would do what nobody wants.
    Refuse(&'static str),
    /// It is remarked upon: what is so here is safer.
    Remark(&'static str),
}
use Otherwise::{Refuse, Remark};

/// Makes the names of all of them known, and says what is to be said.
pub(in crate::settings) fn read_fixed(read: &mut Reader) {
    for Fixed {
        name,
        is_so,
        otherwise,
    } in FIXED
    {
        let Some(value) = read.refusable(name) else {
            continue;
        };
        match otherwise {
            _ if is_so(&value) => {}
            Refuse(why) => read.complain_about(name, why),
            Remark(why) => read.warn_about(name, why),
        }
    }
}

const fn fixed(name: &'static str, is_so: fn(&Value) -> bool, otherwise: Otherwise) -> Fixed {
    Fixed {
        name,
        is_so,
        otherwise,
    }
}

const ONLY_JSON: &str = "only JSON is read and written, never a pickle; set it to json here and for Celery's programs, or remove it";
const EAGER: &str = "tasks are never run by whoever sends them; set it for the tests of your Python code alone, and remove it here";
const QUEUES: &str = "a queue has an exchange and a routing key of its own name, and is there when something is sent to it; remove it";
const ETA: &str =
    "changes nothing here: what has an eta waits in Redis, and not in the memory of workers";
const LATE: &str = "changes nothing here: a task is acknowledged when it has ended, so what a killed worker was doing is done again";

pub(super) const FIXED: [Fixed; 34] = [
    fixed("CELERY_CONF_ACCEPT_CONTENT", is_json, Refuse(ONLY_JSON)),
    fixed(
        "CELERY_CONF_RESULT_ACCEPT_CONTENT",
        is_json_or_none,
        Refuse(ONLY_JSON),
    ),
    fixed("CELERY_CONF_TASK_SERIALIZER", is_json, Refuse(ONLY_JSON)),
    fixed("CELERY_CONF_RESULT_SERIALIZER", is_json, Refuse(ONLY_JSON)),
    fixed("CELERY_CONF_EVENT_SERIALIZER", is_json, Refuse(ONLY_JSON)),
    fixed(
        "CELERY_CONF_TASK_COMPRESSION",
        is_none,
        Refuse("messages are sent as they are, though packed ones are read; remove it"),
    ),
    fixed(
        "CELERY_CONF_RESULT_COMPRESSION",
        is_none,
        Refuse("results are stored as they are; remove it"),
    ),
    fixed(
        "CELERY_CONF_ENABLE_UTC",
        is_true,
        Refuse("instants in messages are in UTC, whatever CELERY_CONF_TIMEZONE says; remove it"),
    ),
    fixed(
        "CELERY_CONF_TASK_PROTOCOL",
        |value| text(value) == "2",
        Refuse("protocol 2 is sent, and both are read; remove it"),
    ),
    fixed(
        "CELERY_CONF_BROKER_CONNECTION_RETRY",
        is_true,
        Refuse("a connection that is lost is always made again; remove it"),
    ),
    fixed(
        "CELERY_CONF_BROKER_CONNECTION_RETRY_ON_STARTUP",
        is_true,
        Refuse("a worker starts while Redis is away, and waits for it; remove it"),
    ),
    fixed(
        "CELERY_CONF_BROKER_CONNECTION_MAX_RETRIES",
        |value| is_none(value) || text(value) == "0",
        Refuse("connecting is tried for ever; remove it"),
    ),
    fixed(
        "CELERY_CONF_BROKER_USE_SSL",
        is_false,
        Refuse(
            "encryption is asked for by rediss:// in REDIS_URL (?ssl_ca_certs= names a file); remove it",
        ),
    ),
    fixed(
        "CELERY_CONF_REDIS_BACKEND_USE_SSL",
        is_false,
        Refuse("encryption is asked for by rediss:// in CELERY_CONF_RESULT_BACKEND; remove it"),
    ),
    fixed(
        "CELERY_CONF_TASK_CREATE_MISSING_QUEUES",
        is_true,
        Refuse(QUEUES),
    ),
    fixed(
        "CELERY_CONF_TASK_DEFAULT_EXCHANGE_TYPE",
        |value| text(value) == "direct",
        Refuse(QUEUES),
    ),
    fixed(
        "CELERY_CONF_TASK_DEFAULT_DELIVERY_MODE",
        |value| ["2", "persistent"].contains(&text(value).as_str()),
        Refuse("makes no difference on Redis; remove it"),
    ),
    fixed("CELERY_CONF_TASK_ACKS_LATE", is_true, Remark(LATE)),
    fixed(
        "CELERY_CONF_TASK_REJECT_ON_WORKER_LOST",
        is_true_or_none,
        Remark(LATE),
    ),
    fixed(
        "CELERY_CONF_TASK_RETRY_ON_WORKER_LOST",
        is_false,
        Remark(LATE),
    ),
    fixed(
        "CELERY_CONF_TASK_ACKS_ON_FAILURE",
        is_true_or_none,
        Refuse(
            "what failed has ended, and is not delivered again; let the task ask for a retry, and remove it",
        ),
    ),
    fixed(
        "CELERY_CONF_TASK_ACKS_ON_TIMEOUT",
        is_true_or_none,
        Refuse("what ran into its time limit has ended, and is not delivered again; remove it"),
    ),
    fixed(
        "CELERY_CONF_TASK_ACKS_ON_FAILURE_OR_TIMEOUT",
        is_true_or_none,
        Refuse(
            "what failed or ran into its time limit has ended, and is not delivered again; remove it",
        ),
    ),
    fixed("CELERY_CONF_TASK_ALWAYS_EAGER", is_false, Refuse(EAGER)),
    fixed("CELERY_CONF_TASK_EAGER_PROPAGATES", is_false, Refuse(EAGER)),
    fixed(
        "CELERY_CONF_TASK_STORE_EAGER_RESULT",
        is_false,
        Refuse(EAGER),
    ),
    fixed(
        "CELERY_CONF_TASK_REMOTE_TRACEBACKS",
        is_false,
        Refuse("what failed tells its reason as a traceback anyway; remove it"),
    ),
    fixed(
        "CELERY_CONF_TASK_REPR_MAXLEVELS",
        |value| text(value) == "3",
        Refuse("arguments are shown three levels deep; remove it"),
    ),
    fixed(
        "CELERY_CONF_TASK_ALLOW_ERROR_CB_ON_CHORD_HEADER",
        is_false,
        Refuse("decides for whoever sends a chord; set it there, and remove it here"),
    ),
    fixed(
        "CELERY_CONF_WORKER_DISABLE_PREFETCH",
        is_false,
        Refuse("set CELERY_CONF_WORKER_PREFETCH_MULTIPLIER=1 instead; remove it"),
    ),
    fixed("CELERY_CONF_WORKER_ETA_TASK_LIMIT", is_none, Remark(ETA)),
    fixed(
        "CELERY_CONF_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE",
        is_false,
        Remark(ETA),
    ),
    fixed(
        "CELERY_CONF_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS",
        is_false,
        Refuse("a task outlives a lost connection and is still run once; remove it"),
    ),
    fixed(
        "CELERY_CONF_WORKER_DEDUPLICATE_SUCCESSFUL_TASKS",
        is_false,
        Refuse(
            "make tasks that may be run twice harmless (an id of the work in their arguments); remove it",
        ),
    ),
];

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_true(value: &Value) -> bool {
    boolean(&text(value)) == Ok(true)
}

fn is_false(value: &Value) -> bool {
    is_none(value) || boolean(&text(value)) == Ok(false)
}

fn is_true_or_none(value: &Value) -> bool {
    is_none(value) || is_true(value)
}

fn is_none(value: &Value) -> bool {
    ["null", "none"].contains(&text(value).to_ascii_lowercase().as_str())
}

/// JSON by name or by type, alone or in a list.
fn is_json(value: &Value) -> bool {
    match value {
        Value::Array(all) => !all.is_empty() && all.iter().all(is_json),
        Value::String(all) => all
            .split(',')
            .all(|name| ["json", "application/json"].contains(&name.trim())),
        _ => false,
    }
}

fn is_json_or_none(value: &Value) -> bool {
    is_none(value) || is_json(value)
}
