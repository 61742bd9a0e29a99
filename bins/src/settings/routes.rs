//! Which queue a task goes to.

use domain::tasks::{QueueName, Routes};
use serde_json::Value;

use super::reader::Reader;

const SHAPE: &str = "must be like {\"albums.tasks.*\": {\"queue\": \"albums\"}}, a name or a pattern \
                     with * for each queue, or a list of such pairs";

/// Reads `CELERY_CONF_TASK_ROUTES`; what is routed nowhere goes to `default`.
pub(super) fn read(read: &mut Reader, default: &QueueName) -> Routes {
    let routes = read.tree("CELERY_CONF_TASK_ROUTES", SHAPE, |tree| {
        let mut problems = Vec::new();
        let mut routes = Routes::to(default.clone());
        for (pattern, target) in rules(tree).ok_or_else(|| vec![SHAPE.to_owned()])? {
            match queue(target) {
                Ok(queue) => routes = routes.and(pattern, queue),
                Err(complaint) => problems.push(format!("the route {pattern:?} {complaint}")),
            }
        }
        if problems.is_empty() {
            return Ok(routes);
        }
        Err(problems)
    });
    routes.unwrap_or_else(|| Routes::to(default.clone()))
}

/// The rules in the order in which they are tried. An object has none: names go before
/// patterns, as in Celery, and longer patterns before shorter ones.
fn rules(tree: &Value) -> Option<Vec<(&str, &Value)>> {
    match tree {
        Value::Object(table) => {
            let rules = table
                .iter()
                .map(|(pattern, target)| (pattern.as_str(), target));
            let mut rules: Vec<_> = rules.collect();
            rules.sort_by_key(|(pattern, _)| {
                (pattern.contains('*'), std::cmp::Reverse(pattern.len()))
            });
            Some(rules)
        }
        Value::Array(pairs) => pairs
            .iter()
            .map(|pair| match pair.as_array()?.as_slice() {
                [pattern, target] => Some((pattern.as_str()?, target)),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// `{"queue": "name"}` or the name alone.
fn queue(target: &Value) -> Result<QueueName, String> {
    const WANTED: &str = "must go to {\"queue\": \"name\"}";
    let name = match target {
        Value::String(name) => name,
        Value::Object(options) => {
            if let Some(other) = options.keys().find(|name| *name != "queue") {
                return Err(format!("has {other:?}, which is not honoured; {WANTED}"));
            }
            let name = options.get("queue").and_then(Value::as_str);
            name.ok_or(WANTED)?
        }
        _ => return Err(WANTED.to_owned()),
    };
    QueueName::try_from(name.to_owned()).map_err(|error| format!("names a queue that {error}"))
}
