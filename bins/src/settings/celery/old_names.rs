//! How settings of Celery are called elsewhere: in older versions, under another namespace, and
//! in Python.

use super::PREFIX;
use super::names::is_known;

/// What no rule makes of an old name.
const IRREGULAR: [(&str, &str); 9] = [
    ("celery_send_events", "worker_send_task_events"),
    ("celery_send_task_sent_event", "task_send_sent_event"),
    ("celery_task_result_expires", "result_expires"),
    ("celery_max_cached_results", "result_cache_max"),
    ("celery_message_compression", "task_compression"),
    (
        "celery_eager_propagates_exceptions",
        "task_eager_propagates",
    ),
    ("celery_result_dburi", "database_url"),
    ("celery_result_db_tablenames", "database_table_names"),
    ("celery_result_engine_options", "database_engine_options"),
];

/// How old names began, and what new ones may begin with instead.
const RULES: [(&str, &[&str]); 4] = [
    ("celerybeat_", &["beat_"]),
    ("celeryd_", &["", "task_", "worker_"]),
    ("celery_", &["", "task_", "worker_"]),
    ("", &[""]),
];

/// The variables that Celery itself lets win over every setting.
const OVERRIDES: [&str; 4] = [
    "CELERY_BROKER_URL",
    "CELERY_BROKER_READ_URL",
    "CELERY_BROKER_WRITE_URL",
    "CELERY_RESULT_BACKEND",
];

/// What the setting that is called `name` elsewhere is called here, if it is one of Celery's.
pub(in crate::settings) fn new_name(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let irregular = IRREGULAR.iter().find(|(old, _)| *old == lower);
    let new = irregular
        .map(|(_, new)| (*new).to_owned())
        .or_else(|| by_rule(&lower))?;
    if new == "broker_url" {
        return Some("REDIS_URL".to_owned());
    }
    Some(format!("{PREFIX}{}", new.to_ascii_uppercase()))
}

fn by_rule(lower: &str) -> Option<String> {
    let (rest, beginnings) = RULES
        .iter()
        .find_map(|(old, new)| Some((lower.strip_prefix(old)?, new)))?;
    let mut candidates = beginnings.iter().map(|new| format!("{new}{rest}"));
    candidates.find(|candidate| is_known(candidate))
}

/// What is to be said of `name` in `.env`, which others may read, too: nothing if it may be theirs.
pub(in crate::settings) fn complaint_about_variable(name: &str) -> Option<String> {
    if OVERRIDES.contains(&name) || name.starts_with(PREFIX) {
        return None;
    }
    let is_lower = !name.contains(|it: char| it.is_ascii_uppercase());
    let is_celerys = is_lower || name.starts_with("CELERY") || name.starts_with("BROKER_");
    let new = is_celerys.then(|| new_name(name)).flatten()?;
    Some(format!("is called {new} here; rename it"))
}

/// What is to be said of the variable `name`, which decides in Celery and not here.
pub(in crate::settings) fn overrides() -> impl Iterator<Item = (&'static str, &'static str)> {
    OVERRIDES.into_iter().map(|name| {
        let why = if name == "CELERY_RESULT_BACKEND" {
            "is not read here, though it wins over every setting in Celery; set CELERY_CONF_RESULT_BACKEND, \
             unless results are to be in the Redis of REDIS_URL"
        } else {
            "is not read here, though it wins over every setting in Celery; set REDIS_URL"
        };
        (name, why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_elsewhere_has_one_here() {
        for (old, new) in [
            ("CELERYD_CONCURRENCY", "CELERY_CONF_WORKER_CONCURRENCY"),
            ("CELERYD_TASK_TIME_LIMIT", "CELERY_CONF_TASK_TIME_LIMIT"),
            (
                "CELERYD_TASK_LOG_FORMAT",
                "CELERY_CONF_WORKER_TASK_LOG_FORMAT",
            ),
            ("CELERYD_WORKER_LOST_WAIT", "CELERY_CONF_WORKER_LOST_WAIT"),
            ("CELERYBEAT_SCHEDULE", "CELERY_CONF_BEAT_SCHEDULE"),
            ("CELERY_ACKS_LATE", "CELERY_CONF_TASK_ACKS_LATE"),
            ("CELERY_TASK_ACKS_LATE", "CELERY_CONF_TASK_ACKS_LATE"),
            (
                "CELERY_DISABLE_RATE_LIMITS",
                "CELERY_CONF_WORKER_DISABLE_RATE_LIMITS",
            ),
            ("CELERY_SEND_EVENTS", "CELERY_CONF_WORKER_SEND_TASK_EVENTS"),
            ("CELERY_TASK_RESULT_EXPIRES", "CELERY_CONF_RESULT_EXPIRES"),
            ("CELERY_TIMEZONE", "CELERY_CONF_TIMEZONE"),
            ("BROKER_URL", "REDIS_URL"),
            (
                "BROKER_TRANSPORT_OPTIONS",
                "CELERY_CONF_BROKER_TRANSPORT_OPTIONS",
            ),
            (
                "worker_prefetch_multiplier",
                "CELERY_CONF_WORKER_PREFETCH_MULTIPLIER",
            ),
        ] {
            assert_eq!(new_name(old).as_deref(), Some(new), "{old}");
        }
        assert_eq!(new_name("CELERY_COFFEE"), None);
    }

    #[test]
    fn what_may_be_of_another_program_is_left_alone() {
        for name in [
            "S3_BUCKET",
            "TIMEZONE",
            "DATABASE_URL",
            "CELERY_BROKER_URL",
            "SECURITY_KEY",
            "HOME",
        ] {
            assert_eq!(complaint_about_variable(name), None, "{name}");
        }
        for name in [
            "CELERYD_CONCURRENCY",
            "BROKER_URL",
            "CELERY_TIMEZONE",
            "task_routes",
        ] {
            assert!(complaint_about_variable(name).is_some(), "{name}");
        }
    }
}
