//! Where results are kept, and which.

use std::time::Duration;

use adapters::redis::RedisUrl;
use serde_json::{Map, Value};

use super::DAY;
use super::reader::Reader;
use super::values::{ValueError, boolean, duration};

/// Where results are kept, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "Celery has a setting for each"
)]
pub struct ResultSettings {
    /// `CELERY_CONF_RESULT_BACKEND`: in which Redis; that of the tasks unless it is said otherwise.
    pub url: RedisUrl,
    /// What every key of a result begins with: `global_keyprefix` in
    /// `CELERY_CONF_RESULT_BACKEND_TRANSPORT_OPTIONS`.
    pub prefix: String,
    /// `CELERY_CONF_RESULT_EXPIRES`: how long they are kept; `None` is for ever.
    pub kept_for: Option<Duration>,
    /// `CELERY_CONF_RESULT_EXTENDED`: whether a result says what was to be done, too.
    pub is_extended: bool,
    /// `CELERY_CONF_TASK_TRACK_STARTED`: whether it is told that a task runs.
    pub tracks_started: bool,
    /// `CELERY_CONF_TASK_IGNORE_RESULT`: whether a result is kept only if its message asks for it.
    pub is_ignored: bool,
    /// `CELERY_CONF_TASK_STORE_ERRORS_EVEN_IF_IGNORED`: whether failures are kept all the same.
    pub keeps_ignored_errors: bool,
}

const ELSEWHERE: &str =
    "results are kept in Redis, or not at all; write redis://…, or disabled:// to keep none";
const OPTIONS_SHAPE: &str = "must be an object like {\"global_keyprefix\": \"music:\"}";
const NEEDS_RESULTS: &str =
    "nothing is kept with CELERY_CONF_RESULT_BACKEND=disabled://; remove one of them";

impl ResultSettings {
    /// None if no results are kept; `tasks` is the Redis of `REDIS_URL`, if that was understood.
    pub(super) fn read(read: &mut Reader, tasks: Option<&RedisUrl>) -> Option<Self> {
        let of_tasks = read.variable("REDIS_URL");
        let backend = read.masked("CELERY_CONF_RESULT_BACKEND", |text| {
            // One that is not understood has been complained about.
            if of_tasks.as_deref() == Some(text) {
                return Ok(tasks.cloned());
            }
            if ["disabled", "disabled://"].contains(&text) {
                return Ok(None);
            }
            let url = RedisUrl::try_from(text).map_err(|error| {
                let is_redis = text.starts_with("redis") || text.starts_with("sentinel");
                if is_redis {
                    error.to_string()
                } else {
                    ELSEWHERE.to_owned()
                }
            });
            url.map(Some)
        });
        let kept_for = read.or("CELERY_CONF_RESULT_EXPIRES", Some(DAY), |text| {
            if ["none", "null"].contains(&text.to_ascii_lowercase().as_str()) {
                return Ok(None);
            }
            let time = duration(Duration::ZERO..=36_500 * DAY)(text)?;
            Ok::<_, ValueError>((!time.is_zero()).then_some(time))
        });
        let name = "CELERY_CONF_RESULT_BACKEND_TRANSPORT_OPTIONS";
        let options = read.tree(name, OPTIONS_SHAPE, options).unwrap_or_default();
        let mut flag = |name| read.or(name, false, boolean);
        let is_extended = flag("CELERY_CONF_RESULT_EXTENDED");
        let tracks_started = flag("CELERY_CONF_TASK_TRACK_STARTED");
        let is_ignored = flag("CELERY_CONF_TASK_IGNORE_RESULT");
        let keeps_ignored_errors = flag("CELERY_CONF_TASK_STORE_ERRORS_EVEN_IF_IGNORED");
        if backend == Some(None) && tracks_started {
            read.complain_about("CELERY_CONF_TASK_TRACK_STARTED", NEEDS_RESULTS);
        }
        let url = match backend {
            Some(backend) => backend?,
            None => tasks?.clone(),
        };
        Some(Self {
            url: match &options.master_name {
                Some(name) => url.with_master_name(name),
                None => url,
            },
            prefix: options.prefix,
            kept_for,
            is_extended,
            tracks_started,
            is_ignored,
            keeps_ignored_errors,
        })
    }
}

/// What Celery's options of the transport say.
#[derive(Default)]
struct Options {
    prefix: String,
    master_name: Option<String>,
}

fn options(tree: &Value) -> Result<Options, Vec<String>> {
    let table: &Map<String, Value> = tree
        .as_object()
        .ok_or_else(|| vec![OPTIONS_SHAPE.to_owned()])?;
    let mut read = Options::default();
    let mut problems = Vec::new();
    for (name, value) in table {
        match (name.as_str(), value) {
            ("global_keyprefix", Value::String(prefix)) => read.prefix.clone_from(prefix),
            ("global_keyprefix" | "master_name", Value::Null)
            | ("result_chord_ordered", Value::Bool(true)) => {}
            ("master_name", Value::String(name)) => read.master_name = Some(name.clone()),
            ("global_keyprefix" | "master_name", _) => {
                problems.push(format!("{name} must be a text"));
            }
            ("retry_policy", _) => {
                let why = "a result that cannot be stored is tried again until it is; remove it";
                problems.push(format!("{name}: {why}"));
            }
            _ => problems.push(format!("{name} is not honoured; remove it")),
        }
    }
    if problems.is_empty() {
        return Ok(read);
    }
    Err(problems)
}
