//! The settings that follow from what is said on the command line.

use bins::settings::Sources;
use clap::Args;
use serde_json::json;

/// Where Redis is, as all of the programs want to know it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Redis {
    /// The URL of the broker.
    #[arg(short = 'b', long = "broker", env = "BROKER_URL")]
    pub(crate) broker: String,
    /// The URL of the store of results [default: the broker].
    #[arg(long = "result", env = "RESULT_URL")]
    pub(crate) result: Option<String>,
    /// What every key begins with.
    #[arg(long, env = "GLOBAL_KEYPREFIX", default_value = "")]
    pub(crate) key_prefix: String,
    /// After how many seconds what nobody acknowledged is taken for lost, as Python workers do.
    #[arg(long, env = "VISIBILITY_TIMEOUT")]
    pub(crate) visibility_timeout: Option<f64>,
    /// 1: an event tells of each task that is sent.
    #[arg(long, env = "SENT_EVENT", default_value = "0")]
    pub(crate) sent_event: String,
}

/// The settings of a process: those that follow from the command line, and nothing else but how
/// loudly to log.
pub(crate) fn sources(redis: &Redis, settings: &[(&str, String)]) -> Sources {
    let backend = json!({"global_keyprefix": redis.key_prefix});
    let mut options = backend.clone();
    if let Some(seconds) = redis.visibility_timeout {
        options["visibility_timeout"] = json!(seconds);
    }
    let given = [
        ("REDIS_URL", redis.broker.clone()),
        ("CELERY_CONF_TASK_SEND_SENT_EVENT", redis.sent_event.clone()),
        ("CELERY_CONF_BROKER_TRANSPORT_OPTIONS", options.to_string()),
        (
            "CELERY_CONF_RESULT_BACKEND_TRANSPORT_OPTIONS",
            backend.to_string(),
        ),
    ];
    let results = redis.result.clone();
    let results = results.map(|url| ("CELERY_CONF_RESULT_BACKEND", url));
    let logged = ["RUST_LOG", "LOG_LEVEL"]
        .into_iter()
        .filter_map(|name| Some((name, std::env::var(name).ok()?)));
    let all = given
        .into_iter()
        .chain(results)
        .chain(settings.iter().cloned());
    Sources::default().with_environment(all.chain(logged))
}
