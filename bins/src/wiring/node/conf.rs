//! What a worker is set to, in the names of Celery's settings.

use serde_json::{Map, Value, json};

use crate::settings::Settings;

/// What a worker is set to, in the names of Celery's settings; passwords are left out.
pub(super) fn of(settings: &Settings) -> Map<String, Value> {
    let Settings {
        worker,
        node,
        sending,
        routes,
        ..
    } = settings;
    let conveyor = settings.conveyor.as_ref();
    let results = conveyor.and_then(|conveyor| conveyor.results.as_ref());
    let seconds = |limit: std::time::Duration| limit.as_secs_f64();
    let conf = json!({
        "broker_url": conveyor.map(|it| it.url.to_string()),
        "broker_transport_options": {"global_keyprefix": conveyor.map(|it| it.prefix.as_str())},
        "result_backend": results.map(|it| it.url.to_string()),
        "result_backend_transport_options": {"global_keyprefix": results.map(|it| it.prefix.as_str())},
        "result_expires": results.and_then(|it| it.kept_for).map(seconds),
        "result_extended": results.is_some_and(|it| it.is_extended),
        "task_track_started": results.is_some_and(|it| it.tracks_started),
        "task_ignore_result": results.is_none_or(|it| it.is_ignored),
        "task_store_errors_even_if_ignored": results.is_some_and(|it| it.keeps_ignored_errors),
        "task_default_queue": routes.default_queue().as_str(),
        "task_default_priority": sending.priority.number(),
        "task_inherit_parent_priority": sending.inherits_priority,
        "task_send_sent_event": sending.tells_sent,
        "task_acks_late": true,
        "task_time_limit": seconds(worker.time_limit),
        "task_soft_time_limit": worker.soft_time_limit.map(seconds),
        "task_default_rate_limit": worker.rate_limit.as_ref().map(ToString::to_string),
        "worker_disable_rate_limits": worker.rate_limits_disabled,
        "worker_concurrency": worker.concurrency,
        "worker_prefetch_multiplier": worker.prefetch_multiplier,
        "worker_send_task_events": node.task_events,
        "worker_enable_remote_control": node.remote_control,
        "accept_content": ["json"],
        "task_serializer": "json",
        "result_serializer": "json",
        "enable_utc": true,
    });
    let Value::Object(conf) = conf else {
        unreachable!("it was written as an object");
    };
    conf
}
