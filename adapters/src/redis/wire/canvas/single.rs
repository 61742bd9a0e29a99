//! One task as a message.

use domain::model::ValueError;
use domain::tasks::{Due, Envelope, Payload, Priority, TaskName, numbers};
use serde_json::{Map, Value, json};

use super::CanvasError;
use super::apply::{Applied, Applying, Call, arguments};
use super::budget::weight;
use super::freeze::Node;
use super::options::{Options, merged, take, take_list, take_moment, take_text, wrong};
use crate::redis::wire::outgoing::Compression;
use crate::redis::wire::{Outgoing, Shape, Signature};

impl Applying<'_> {
    /// Makes a message of one task.
    pub(super) fn single(
        &mut self,
        mut signature: Signature,
        mut call: Call,
    ) -> Result<Applied, CanvasError> {
        let is_map = matches!(signature.shape, Shape::Map);
        signature.immutable |= is_map;
        let args = arguments(&mut signature, &mut call);
        let mut kwargs = signature.kwargs;
        if !signature.immutable {
            kwargs.extend(call.kwargs);
        }
        // What runs another task goes where that one would.
        let routed = match kwargs.get("task").and_then(|inner| inner.get("task")) {
            Some(Value::String(inner)) if is_map => inner.clone(),
            _ => signature.task.clone(),
        };
        let mut options = merged(signature.options, call.options);
        let envelope = self.envelope(signature.task, routed, args, kwargs, &mut options)?;
        let node = Node::single(envelope.id.to_string());
        self.messages.push(Outgoing {
            envelope,
            reply_to: take_text(&mut options, "reply_to")?,
            compression: compression(&mut options)?,
        });
        Ok(Applied {
            result: node.clone(),
            child: node,
        })
    }

    fn envelope(
        &mut self,
        task: String,
        routed: String,
        args: Vec<Value>,
        kwargs: Map<String, Value>,
        options: &mut Options,
    ) -> Result<Envelope, CanvasError> {
        let id = take_text(options, "task_id")?;
        let id = id.unwrap_or_else(|| self.ids.next());
        let embed = json!({
            "callbacks": listed(options, "link")?,
            "errbacks": listed(options, "link_error")?,
            "chain": options.remove("chain"),
            "chord": options.remove("chord"),
        });
        let body = Value::Array(vec![Value::Array(args), Value::Object(kwargs), embed]);
        self.budget.spend(weight(&body))?;
        let now = self.sender.now;
        let countdown = take_moment(options, "countdown", now)?;
        let eta = take_moment(options, "eta", now)?;
        let due = countdown.filter(|due| *due != now).or(eta);
        let queue = take_text(options, "queue")?;
        // To a direct exchange the message is sent by the name of the queue, as to none.
        let routing_key = take_text(options, "routing_key")?;
        let exchange = take_text(options, "exchange")?;
        let is_named = |name: &String| !name.is_empty();
        let queue = queue.or(routing_key).or(exchange).filter(is_named);
        let name = |what| move |error: ValueError| CanvasError::Name { what, error };
        let queue = if let Some(queue) = queue {
            queue.try_into().map_err(name("queue"))?
        } else {
            let routed: TaskName = routed.try_into().map_err(name("task"))?;
            self.sender.routes.queue_of(&routed).clone()
        };
        Ok(Envelope {
            priority: self.priority(options)?,
            expires_at: take_moment(options, "expires", now)?,
            headers: self.headers(&id, options)?,
            id: id.try_into().map_err(name("id"))?,
            name: task.try_into().map_err(name("task"))?,
            payload: Payload::from_bytes(numbers::written(body.to_string()).into_bytes()),
            queue,
            due: due.map_or(Due::Now, Due::At),
            key: None,
        })
    }

    fn priority(&self, options: &mut Options) -> Result<Priority, CanvasError> {
        let own = match take(options, "priority") {
            None => None,
            Some(own) => Some(own.as_i64().ok_or_else(|| wrong("priority"))?),
        };
        let inherited = self.parent.and_then(|parent| parent.priority);
        let own = || own.map(|own| Priority::new(u8::try_from(own.clamp(0, 9)).unwrap_or(9)));
        Ok(inherited.or_else(own).unwrap_or(self.sender.priority))
    }

    /// Headers beside those that every message has.
    fn headers(&self, id: &str, options: &mut Options) -> Result<Options, CanvasError> {
        let of_the_parent = |own: Option<String>, inherited: fn(&super::Parent) -> &str| {
            let inherited = self.parent.map(|parent| inherited(parent).to_owned());
            own.filter(|own| !own.is_empty()).or(inherited)
        };
        let root_id = of_the_parent(take_text(options, "root_id")?, |parent| &parent.root_id);
        let parent_id = of_the_parent(take_text(options, "parent_id")?, |parent| &parent.id);
        let stamps: Vec<Value> = take_list(options, "stamped_headers")?;
        let stamped: Map<String, Value> = stamps
            .iter()
            .filter_map(Value::as_str)
            .map(|name| (name.to_owned(), options.remove(name).unwrap_or_default()))
            .collect();
        let mut headers = Map::new();
        let mut add = |name: &str, value: Value| headers.insert(name.to_owned(), value);
        add("root_id", root_id.unwrap_or_else(|| id.to_owned()).into());
        add("parent_id", json!(parent_id));
        add("group", json!(take_text(options, "group_id")?));
        add("shadow", json!(take_text(options, "shadow")?));
        for (header, option, is_right) in OTHERS {
            let value = take(options, option);
            if value.as_ref().is_some_and(|value| !is_right(value)) {
                return Err(wrong(option));
            }
            add(header, json!(value));
        }
        let hard = take_seconds(options, "time_limit")?;
        let soft = take_seconds(options, "soft_time_limit")?;
        add("timelimit", json!([hard, soft]));
        let names = (!stamps.is_empty()).then_some(stamps);
        add("stamped_headers", json!(names));
        add("stamps", Value::Object(stamped));
        match take(options, "headers") {
            None => {}
            Some(Value::Object(custom)) => headers.extend(custom),
            Some(_) => return Err(wrong("headers")),
        }
        Ok(headers)
    }
}

/// Headers that are an option of some kind.
type Other = (&'static str, &'static str, fn(&Value) -> bool);
const OTHERS: [Other; 2] = [
    ("group_index", "group_index", Value::is_number),
    ("ignore_result", "ignore_result", Value::is_boolean),
];

fn take_seconds(options: &mut Options, name: &'static str) -> Result<Option<Value>, CanvasError> {
    match take(options, name) {
        Some(value) if !value.is_number() => Err(wrong(name)),
        seconds => Ok(seconds),
    }
}

/// Null when there is nothing in the list, as Celery has it.
fn listed(options: &mut Options, name: &'static str) -> Result<Option<Vec<Value>>, CanvasError> {
    let all = take_list(options, name)?;
    Ok((!all.is_empty()).then_some(all))
}

fn compression(options: &mut Options) -> Result<Option<Compression>, CanvasError> {
    let Some(name) = take_text(options, "compression")? else {
        return Ok(None);
    };
    let known = Compression::named(&name);
    known.map(Some).ok_or_else(|| wrong("compression"))
}
