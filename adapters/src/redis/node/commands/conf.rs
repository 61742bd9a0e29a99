//! What a worker is set to, without secrets.

use serde_json::{Map, Value};
use url::Url;

use crate::redis::node::Node;

/// What stands in the place of a secret.
const MASK: &str = "********";
/// What the name of a secret has in it, as Celery has it.
const SECRET: [&str; 7] = ["api", "token", "key", "secret", "pass", "signature", "cred"];
/// What sounds like a secret and is none.
const NO_SECRETS: [&str; 4] = [
    "global_keyprefix",
    "task_default_routing_key",
    "unacked_key",
    "unacked_index_key",
];

impl Node {
    /// What it is set to; if `with_defaults`, to what nobody said, too.
    pub(super) fn conf(&self, with_defaults: bool) -> Value {
        let mut conf = Map::new();
        if with_defaults {
            conf.extend(masked(&self.settings.defaults));
        }
        conf.extend(masked(&self.settings.conf));
        Value::Object(conf)
    }
}

fn masked(settings: &Map<String, Value>) -> Map<String, Value> {
    let settings = settings.iter();
    settings
        .map(|(name, value)| (name.clone(), without_secret(name, value)))
        .collect()
}

fn without_secret(name: &str, value: &Value) -> Value {
    let name = name.to_ascii_lowercase();
    let is_secret = !NO_SECRETS.iter().any(|each| name.ends_with(each))
        && SECRET.iter().any(|each| name.contains(each));
    match value {
        Value::Null | Value::Bool(_) => value.clone(),
        _ if is_secret => MASK.into(),
        Value::String(text) => without_password(text).into(),
        Value::Array(values) => {
            let values = values.iter();
            values.map(|value| without_secret(&name, value)).collect()
        }
        Value::Object(map) => masked(map).into(),
        Value::Number(_) => value.clone(),
    }
}

/// Addresses of several servers are masked as a whole: where passwords are in them is not certain.
fn without_password(text: &str) -> String {
    if !text.contains("://") {
        return text.to_owned();
    }
    if text.matches("://").count() == 1
        && let Ok(mut url) = Url::parse(text)
    {
        let has_secret = |(name, _): (_, _)| {
            let name: std::borrow::Cow<'_, str> = name;
            name.contains("pass")
        };
        if url.query_pairs().any(has_secret) {
            url.set_query(None);
        }
        if url.password().is_none() || url.set_password(Some(MASK)).is_ok() {
            return url.to_string();
        }
    }
    if text.contains('@') || text.contains("pass") {
        return MASK.to_owned();
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_not_told() {
        let settings = json!({
            "broker_url": "redis://user:hidden@host:6379/0",
            "result_backend": "redis+socket://:hidden@/run/redis.sock?password=hidden",
            "sentinels": "sentinel://:hidden@a:1;sentinel://b:2",
            "redis_password": "hidden",
            "SECRET_KEY": ["hidden"],
            "broker_transport_options": {
                "sentinel_kwargs": {"password": "hidden"},
                "global_keyprefix": "shown:",
                "visibility_timeout": 3600,
            },
            "task_default_routing_key": "shown",
            "timezone": "shown",
            "enable_utc": true,
        });

        let told = Value::Object(masked(settings.as_object().expect("an object"))).to_string();

        assert!(!told.contains("hidden"), "{told}");
        assert_eq!(told.matches("shown").count(), 3, "{told}");
        assert!(told.contains("host:6379/0"), "{told}");
        assert!(told.contains("3600"), "{told}");
    }
}
