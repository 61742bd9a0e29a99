//! A signature as it is put into a message.

use serde_json::{Map, Value, json};

use super::{Shape, Signature};

pub(super) fn signature(signature: Signature) -> Value {
    let Signature {
        task,
        args,
        mut kwargs,
        options,
        immutable,
        shape,
    } = signature;
    let kind = match shape {
        Shape::Task => None,
        Shape::Map => Some(match task.as_str() {
            "celery.map" => "xmap",
            _ => "xstarmap",
        }),
        Shape::Chunks => Some("chunks"),
        Shape::Chain(tasks) => {
            kwargs.insert("tasks".to_owned(), all(tasks));
            Some("chain")
        }
        Shape::Group(tasks) => {
            kwargs.insert("tasks".to_owned(), all(tasks));
            Some("group")
        }
        Shape::Chord(chord) => {
            let header = Signature {
                options: chord.header_options,
                ..Signature::group(chord.header)
            };
            kwargs.insert("kwargs".to_owned(), chord.kwargs.into());
            kwargs.insert("header".to_owned(), self::signature(header));
            kwargs.insert("body".to_owned(), self::signature(chord.body));
            Some("chord")
        }
    };
    let map: Map<String, Value> = [
        ("task", Value::String(task)),
        ("args", Value::Array(args)),
        ("kwargs", Value::Object(kwargs)),
        ("options", Value::Object(options)),
        ("subtask_type", json!(kind)),
        ("immutable", Value::Bool(immutable)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    Value::Object(map)
}

fn all(signatures: Vec<Signature>) -> Value {
    signatures.into_iter().map(signature).collect()
}
