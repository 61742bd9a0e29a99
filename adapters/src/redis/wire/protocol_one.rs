//! Protocol 1: everything that is said of a task stands in the body.

use std::collections::BTreeMap;

use domain::tasks::numbers;
use serde::Deserialize as _;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::Refusal;
use super::message::Parts;

/// Members of the body that have a place of their own in protocol 2, or none.
const PLACED: [&str; 11] = [
    "task",
    "id",
    "args",
    "kwargs",
    "eta",
    "expires",
    "utc",
    "callbacks",
    "errbacks",
    "chord",
    "taskset",
];

/// What a body of protocol 1 says, with the arguments in the form of protocol 2.
pub(super) fn parts(body: &[u8], headers: &Map<String, Value>) -> Result<Parts, Refusal> {
    numbers::read(body, |body| understood(body, headers.clone()))
}

fn understood(body: &[u8], headers: Map<String, Value>) -> Result<Parts, Refusal> {
    let body: BTreeMap<String, &RawValue> =
        serde_json::from_slice(body).map_err(|_| Refusal::NoTask)?;
    let text = |name: &str| match body.get(name) {
        Some(value) => Option::<String>::deserialize(*value).map_err(Refusal::Form),
        None => Ok(None),
    };
    let raw = |name: &str, missing: &'static str| body.get(name).map_or(missing, |raw| raw.get());
    let payload = format!(
        r#"[{}, {}, {{"callbacks": {}, "errbacks": {}, "chain": null, "chord": {}}}]"#,
        raw("args", "[]"),
        raw("kwargs", "{}"),
        raw("callbacks", "null"),
        raw("errbacks", "null"),
        raw("chord", "null"),
    );
    let mut headers = headers;
    for (name, value) in &body {
        if !PLACED.contains(&name.as_str()) {
            let value = Value::deserialize(*value).map_err(Refusal::Form)?;
            headers.insert(name.clone(), value);
        }
    }
    // Where both are said, Celery goes by the older name.
    if let Some(group) = text("taskset")? {
        headers.insert("group".to_owned(), group.into());
    }
    Ok(Parts {
        task: text("task")?.ok_or(Refusal::NoTask)?,
        id: text("id")?.ok_or(Refusal::NoTask)?,
        eta: text("eta")?,
        expires: text("expires")?,
        payload: numbers::written(payload).into_bytes(),
        headers,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(body: &str) -> Option<Value> {
        let parts = parts(body.as_bytes(), &Map::new()).expect("a task");
        parts.headers.get("group").cloned()
    }

    #[test]
    fn a_part_of_a_chord_says_by_either_name_of_which_group() {
        let group = |said: &str| group(&format!(r#"{{"task": "t", "id": "1"{said}}}"#));

        assert_eq!(group(""), None);
        assert_eq!(group(r#", "taskset": null"#), None);
        assert_eq!(group(r#", "group": "a""#), Some("a".into()));
        assert_eq!(group(r#", "taskset": "b""#), Some("b".into()));
        assert_eq!(group(r#", "taskset": "b", "group": "a""#), Some("b".into()));
    }
}
