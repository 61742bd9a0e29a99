//! The arguments of a task, in the form in which they travel.

use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::{FailureKind, Task, numbers};

/// The arguments of a task, byte for byte.
///
/// The form is the body of Celery's message protocol 2: a JSON array of positional
/// arguments, keyword arguments, and what else Celery embeds. The bytes are kept as they
/// came, readable or not, so that what cannot be understood can still be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload(Vec<u8>);

impl Payload {
    /// How deep JSON may be nested (G9).
    const MOST_DEPTH: usize = 64;

    /// The payload with these bytes, whatever they are.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The arguments of `task`, by name.
    ///
    /// # Panics
    ///
    /// When the task does not serialize to an object: then it is no task.
    pub fn of_task<T: Task>(task: &T) -> Self {
        let keywords = serde_json::to_value(task).expect("a task serializes");
        assert!(keywords.is_object(), "{} serializes to an object", T::NAME);
        Self::of_values(&[], &keywords)
    }

    /// These arguments, the first without names and the others with theirs.
    pub fn of_arguments(positional: &[Value], keywords: &Map<String, Value>) -> Self {
        Self::of_values(positional, &Value::Object(keywords.clone()))
    }

    fn of_values(positional: &[Value], keywords: &Value) -> Self {
        let embedded = json!({"callbacks": null, "errbacks": null, "chain": null, "chord": null});
        let body = json!([positional, keywords, embedded]);
        Self(numbers::written(body.to_string()).into_bytes())
    }

    /// The bytes, for those who keep or carry them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Positional and keyword arguments, for those who show them; `None` when the bytes are not in
    /// the form.
    pub fn arguments(&self) -> Option<(Vec<Value>, Map<String, Value>)> {
        type Body = (Vec<Value>, Map<String, Value>, IgnoredAny);
        let (positional, keywords, _): Body =
            numbers::read(&self.0, |json| serde_json::from_slice(json)).ok()?;
        Some((positional, keywords))
    }

    /// The task these arguments are for; [numbers] that JSON lacks are objects in them.
    ///
    /// # Errors
    ///
    /// When the bytes are not in the form, or the arguments are not the task's.
    pub fn decode<T: Task>(&self) -> Result<T, PayloadError> {
        if depth(&self.0) > Self::MOST_DEPTH {
            return Err(PayloadError::TooDeep);
        }
        let read = numbers::read(&self.0, |json| serde_json::from_slice(json));
        let (positional, keywords, _): Body = read.map_err(PayloadError::Form)?;
        T::from_arguments(positional, keywords)
    }
}

/// Why a payload is not the task it was meant to be.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// It is not a body of Celery's message protocol 2.
    #[error("the payload is not [args, kwargs, embed] in JSON")]
    Form(#[source] serde_json::Error),
    /// It is nested deeper than anything of use.
    #[error("the payload is nested deeper than {} levels", Payload::MOST_DEPTH)]
    TooDeep,
    /// There are more arguments without names than the task declares.
    #[error("the task takes {most} positional arguments but {given} were given")]
    TooMany {
        /// How many the task declares.
        most: usize,
        /// How many came.
        given: usize,
    },
    /// An argument came both with and without its name.
    #[error("the argument {name} was given twice")]
    Twice {
        /// Which.
        name: &'static str,
    },
    /// An argument is missing or of the wrong kind.
    #[error("the arguments do not fit the task")]
    Arguments(#[source] serde_json::Error),
}

impl PayloadError {
    /// What kind of failure this is.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Form(_) | Self::TooDeep => FailureKind::Payload,
            Self::TooMany { .. } | Self::Twice { .. } | Self::Arguments(_) => {
                FailureKind::Arguments
            }
        }
    }
}

/// The task with these arguments, its fields being their names.
pub(super) fn named_arguments<T: Task>(
    positional: Vec<Value>,
    keywords: Map<String, Value>,
) -> Result<T, PayloadError> {
    if positional.len() > T::ARGUMENTS.len() {
        return Err(PayloadError::TooMany {
            most: T::ARGUMENTS.len(),
            given: positional.len(),
        });
    }
    let mut arguments = keywords;
    for (&name, value) in T::ARGUMENTS.iter().zip(positional) {
        if arguments.insert(name.to_owned(), value).is_some() {
            return Err(PayloadError::Twice { name });
        }
    }
    serde_json::from_value(Value::Object(arguments)).map_err(PayloadError::Arguments)
}

/// Positional arguments, keyword arguments, and what Celery embeds.
type Body = (Vec<Value>, Map<String, Value>, Option<Map<String, Value>>);

/// How deep arrays and objects are nested, without building any of them.
fn depth(json: &[u8]) -> usize {
    let (mut deepest, mut depth, mut in_text, mut is_escaped) = (0_usize, 0_usize, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Add {
        x: i64,
        y: i64,
    }

    impl Task for Add {
        type Output = i64;
        const NAME: &'static str = "tasks.add";
        const ARGUMENTS: &'static [&'static str] = &["x", "y"];
    }

    fn decoded(text: &str) -> Result<Add, PayloadError> {
        Payload::from_bytes(text.as_bytes().to_vec()).decode()
    }

    #[test]
    fn a_task_comes_out_as_it_went_in() {
        let task = Add { x: 16, y: -16 };

        assert_eq!(
            Payload::of_task(&task)
                .decode::<Add>()
                .expect("the same task"),
            task
        );
    }

    #[test]
    fn arguments_come_by_name_or_by_position() {
        for text in [
            r"[[1, 2], {}, {}]",
            r#"[[1], {"y": 2}, null]"#,
            r#"[[], {"y": 2, "x": 1, "z": 3}, {"chain": null}]"#,
        ] {
            assert_eq!(decoded(text).expect("a task"), Add { x: 1, y: 2 }, "{text}");
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Whatever(Vec<Value>, Map<String, Value>);

    impl Task for Whatever {
        type Output = ();
        const NAME: &'static str = "tasks.whatever";

        fn from_arguments(
            positional: Vec<Value>,
            keywords: Map<String, Value>,
        ) -> Result<Self, PayloadError> {
            Ok(Self(positional, keywords))
        }
    }

    #[test]
    fn a_task_may_take_whatever_comes() {
        let body = json!([[1, null, {"__type__": "uuid", "__value__": "7"}], {"k": []}, {}]);
        let payload = Payload::from_bytes(body.to_string().into_bytes());
        let Whatever(positional, keywords) = payload.decode().expect("whatever came");

        assert_eq!(json!([positional, keywords, {}]), body);
    }

    #[test]
    fn numbers_that_json_lacks_are_objects_in_arguments_and_themselves_in_the_payload() {
        let payload =
            Payload::from_bytes(b"[[1, NaN], {\"k\": 18446744073709551616}, {}]".to_vec());
        let object = |number: &str| json!({"__type__": "backbeat.number", "__value__": number});

        let Whatever(positional, keywords) = payload.decode().expect("whatever came");

        assert_eq!(positional, [json!(1), object("NaN")]);
        assert_eq!(keywords["k"], object("18446744073709551616"));
        assert_eq!(
            payload.arguments(),
            Some((positional.clone(), keywords.clone()))
        );
        let again = Payload::of_arguments(&positional, &keywords);
        let text = String::from_utf8_lossy(again.as_bytes());
        assert!(
            text.starts_with(r#"[[1,NaN],{"k":18446744073709551616},"#),
            "{text}"
        );
    }

    #[test]
    fn what_is_no_task_is_refused_by_its_kind() {
        let deep = format!("[[{}{}], {{}}, {{}}]", "[".repeat(64), "]".repeat(64));

        assert!(matches!(decoded("not json"), Err(PayloadError::Form(_))));
        assert!(matches!(decoded("{}"), Err(PayloadError::Form(_))));
        assert!(matches!(
            decoded(r"[[1, 2, 3], {}, {}]"),
            Err(PayloadError::TooMany { most: 2, given: 3 })
        ));
        assert!(matches!(
            decoded(r#"[[1, 2], {"x": 1}, {}]"#),
            Err(PayloadError::Twice { name: "x" })
        ));
        assert!(matches!(
            decoded(r"[[1], {}, {}]"),
            Err(PayloadError::Arguments(_))
        ));
        assert!(matches!(
            decoded(r#"[["one", 2], {}, {}]"#),
            Err(PayloadError::Arguments(_))
        ));
        assert!(matches!(decoded(&deep), Err(PayloadError::TooDeep)));
    }

    #[test]
    fn brackets_in_texts_are_not_depth() {
        assert_eq!(depth(br#"["[[[[\"{{{", {"]": 1}]"#), 2);
    }
}
