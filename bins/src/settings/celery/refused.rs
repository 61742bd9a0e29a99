//! What to do instead of the settings of Celery that this version does not honour.

/// What to do instead of setting `name`, which Celery knows.
pub(super) fn instead(name: &str) -> &'static str {
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    };
    let found = GROUPS
        .iter()
        .find(|(patterns, _)| patterns.split_ascii_whitespace().any(fits));
    found.map_or("is not honoured here; remove it", |(_, sentence)| sentence)
}

const GROUPS: [(&str, &str); 28] = [
    (
        "broker_read_url broker_write_url",
        "one Redis is read and written to; set REDIS_URL, and remove it",
    ),
    (
        "broker_host broker_port broker_user broker_password broker_vhost broker_transport broker_login_method",
        "where Redis is, and who we are there, stands in one URL; set REDIS_URL=redis://user:password@host:6379/0, and remove it",
    ),
    (
        "redis_host redis_port redis_db redis_username redis_password",
        "where results are kept stands in one URL; set CELERY_CONF_RESULT_BACKEND=redis://user:password@host:6379/1, and remove it",
    ),
    (
        "broker_heartbeat* broker_native_delayed_delivery_queue_type worker_detect_quorum_queues task_queue_max_priority \
         task_default_queue_type task_create_missing_queue_type task_create_missing_queue_exchange_type",
        "is for AMQP, and here is Redis; remove it",
    ),
    (
        "broker_* redis_*",
        "how connections are made, kept and made again is fixed here: always, with deadlines, and for ever; remove it",
    ),
    (
        "result_backend_*",
        "a result that cannot be stored is tried again until it is; remove it",
    ),
    (
        "result_cache_max result_exchange* result_persistent",
        "is for programs that wait for results, or for AMQP; set it there, and remove it here",
    ),
    (
        "result_chord_* result_failure_expires",
        "all results, and the counts of chords, are kept for CELERY_CONF_RESULT_EXPIRES; set that, and remove it",
    ),
    (
        "database_* cache_* cassandra_* s3_* azureblockblob_* gcs_* couchbase_* arangodb_* mongodb_* cosmosdbsql_* elasticsearch_*",
        "results are kept in Redis, or not at all; set CELERY_CONF_RESULT_BACKEND to redis://… or disabled://, and remove it",
    ),
    (
        "security_*",
        "messages are JSON and are not signed; guard Redis by a password and TLS (rediss:// in REDIS_URL), and remove it",
    ),
    (
        "control_* event_*",
        "queues for control and events are as they are by default; remove it",
    ),
    (
        "beat_scheduler",
        "what is due when stands in CELERY_CONF_BEAT_SCHEDULE; write the entries of the database scheduler there, and remove it",
    ),
    (
        "beat_schedule_filename",
        "what was sent when is kept in the database (DATABASE_URL), which any number of beats may share; remove it",
    ),
    (
        "beat_cron_starting_deadline",
        "set BEAT_CATCH_UP instead, which goes for every kind of schedule",
    ),
    (
        "beat_enable_remote_control beat_remote_control_max_tick_age",
        "a beat answers no commands; remove it (`backbeat inspect` shows what it fired)",
    ),
    (
        "beat_*",
        "a beat looks twice a second and keeps what it fired at once; remove it",
    ),
    (
        "imports include",
        "tasks are part of the program, nothing is imported; remove it",
    ),
    (
        "task_queues",
        "queues need no declaration; name those that a worker serves with -Q, say what goes where in CELERY_CONF_TASK_ROUTES, and remove it",
    ),
    (
        "task_annotations",
        "limits for all tasks are set by CELERY_CONF_TASK_DEFAULT_RATE_LIMIT and CELERY_CONF_TASK_TIME_LIMIT, those of one task by \
         `celery control`; remove it",
    ),
    (
        "task_publish_retry*",
        "a task waits in the database until Redis has it, however long that takes; remove it",
    ),
    (
        "worker_max_tasks_per_child worker_max_memory_per_child",
        "there are no child processes; let whoever supervises the worker limit its memory (systemd: MemoryMax=): if it is killed, its \
         tasks are done by others; remove it",
    ),
    (
        "worker_autoscaler",
        "there are no processes to add or remove; set CELERY_CONF_WORKER_CONCURRENCY as high as you allow, and remove it",
    ),
    (
        "worker_pool* worker_proc_alive_timeout worker_lost_wait",
        "there are no pools and no child processes: tasks run side by side in one process, CELERY_CONF_WORKER_CONCURRENCY of them; remove it",
    ),
    (
        "worker_agent worker_consumer worker_timer*",
        "names a part written in Python, which cannot be run here; remove it",
    ),
    (
        "worker_hijack_root_logger worker_log_* worker_task_log_* worker_redirect_stdouts*",
        "how to log is set by LOG_FORMAT, LOG_LEVEL and RUST_LOG; remove it",
    ),
    (
        "worker_state_db",
        "which tasks are revoked is kept in Redis, for workers that start later as well; remove it",
    ),
    (
        "worker_direct",
        "no worker has a queue of its own; start it with -Q and a name, send there, and remove it",
    ),
    (
        "worker_enable_prefetch_count_reduction",
        "no tasks are fetched twice when a connection is lost, so nothing has to be reduced; remove it",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::settings::celery::fixed::FIXED;
    use crate::settings::celery::names::known;
    use crate::settings::{Settings, celery::PREFIX};

    #[test]
    fn every_setting_of_celery_is_honoured_fixed_or_refused_with_advice() {
        let honoured: BTreeSet<String> = Settings::names()
            .into_iter()
            .filter_map(|name| Some(name.strip_prefix(PREFIX)?.to_ascii_lowercase()))
            .collect();
        let fixed: BTreeSet<String> = FIXED
            .iter()
            .filter_map(|fixed| Some(fixed.name.strip_prefix(PREFIX)?.to_ascii_lowercase()))
            .collect();
        let by_hand = [
            "broker_url",
            "task_default_exchange",
            "task_default_routing_key",
        ];

        for name in known() {
            let is_there =
                honoured.contains(name) || fixed.contains(name) || by_hand.contains(&name);
            let advice = instead(name);

            assert!(
                is_there || advice.contains(';') || advice.starts_with("set "),
                "{name}: {advice}"
            );
            assert!(
                is_there || advice != "is not honoured here; remove it",
                "{name}"
            );
        }
        for name in &honoured {
            assert!(known().any(|known| known == name), "{name}");
        }
    }
}
