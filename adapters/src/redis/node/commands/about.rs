//! What a worker is.

use std::fmt::Write as _;

use serde_json::Value;

use crate::redis::node::{Node, machine};
use crate::redis::wire::control::ok_reply;

impl Node {
    /// The tasks it knows, each with what there is to say of it.
    pub(super) fn registered(&self, items: Option<Vec<String>>, builtins: bool) -> Value {
        let tells_rate = items.is_none_or(|items| items.iter().any(|each| each == "rate_limit"));
        let tasks = self.control.tasks().into_iter();
        let tasks = tasks.filter(|(name, _)| builtins || !name.starts_with("celery."));
        tasks
            .map(|(name, limit)| match limit.filter(|_| tells_rate) {
                Some(limit) => format!("{name} [rate_limit={limit}]"),
                None => name.to_owned(),
            })
            .collect()
    }

    /// All that one wants to know when something is wrong.
    pub(super) fn report(&self) -> Value {
        let mut report = format!(
            "\nsoftware -> backbeat:{}\nplatform -> system:{} arch:{}\n            kernel version:{}\n\
             node     -> {} pid:{}\nsettings -> transport:redis\n\n",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH,
            machine::kernel(),
            self.who.name,
            self.who.pid,
        );
        if let Value::Object(settings) = self.conf(false) {
            for (name, value) in settings {
                let _ = writeln!(report, "{name}: {value}");
            }
        }
        ok_reply(report)
    }
}
