//! What travels with a message beside its body.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The header with what Celery has no word for.
pub(super) const OURS: &str = "backbeat";

/// Headers that mean something to the reader of a message; the rest belongs to its task.
pub(super) const RESERVED: [&str; 6] = ["task", "id", "eta", "expires", "compression", OURS];

/// What Celery has no word for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Ours<'a> {
    /// When the task was first due, in microseconds since 1970.
    pub(super) due: i64,
    /// The key of the work.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<Text<'a>>,
    /// Whether it stands for a row of the store, which decides whether the work is done.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) row: bool,
    /// The names of the task's own headers: the others are there for Celery.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(super) headers: Vec<Text<'a>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// A text that is borrowed from the message unless there are escapes in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The headers of a message.
#[derive(Debug, Default)]
pub(super) struct Headers<'a> {
    pub(super) task: Option<Text<'a>>,
    pub(super) id: Option<Text<'a>>,
    pub(super) eta: Option<Text<'a>>,
    pub(super) expires: Option<Text<'a>>,
    pub(super) compression: Option<Text<'a>>,
    /// Only there when the platform sent the message.
    pub(super) ours: Option<Ours<'a>>,
    /// What belongs to the task.
    pub(super) others: Map<String, Value>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Headers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Headers<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("headers")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Headers<'de>, A::Error> {
        let mut headers = Headers::default();
        while let Some(Text(name)) = map.next_key()? {
            match &*name {
                "task" => headers.task = map.next_value()?,
                "id" => headers.id = map.next_value()?,
                "eta" => headers.eta = map.next_value()?,
                "expires" => headers.expires = map.next_value()?,
                "compression" => headers.compression = map.next_value()?,
                OURS => headers.ours = map.next_value()?,
                _ if headers.is_ours_alone(&name) => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    headers.others.insert(name.into_owned(), map.next_value()?);
                }
            }
        }
        // The platform writes its own header first; whoever passed the message on may not.
        let mut others = std::mem::take(&mut headers.others);
        others.retain(|name, _| !headers.is_ours_alone(name));
        Ok(Headers { others, ..headers })
    }
}

impl Headers<'_> {
    /// Whether the platform added this header for Celery's sake.
    fn is_ours_alone(&self, name: &str) -> bool {
        let ours = self.ours.as_ref();
        ours.is_some_and(|ours| ours.headers.iter().all(|Text(each)| each != name))
    }
}
