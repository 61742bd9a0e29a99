//! What a server is like, and what of it an operator should change.

use std::collections::HashMap;

/// The oldest server that knows every command we send (`GET` with `SET`, `LMOVE`).
const OLDEST: (u32, u32) = (6, 2);

/// What a server says of itself (Redis' `INFO`).
///
/// What it does not tell, or what is hidden from this user, is taken to be right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    version: Option<String>,
    maxmemory_policy: Option<String>,
    keeps_a_log: Option<bool>,
}

/// One thing that an operator should know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// Nothing works here.
    Wrong(String),
    /// What should be changed.
    Warning(String),
    /// What is right for some and not for others.
    Note(String),
}

impl Condition {
    /// Reads the answer to `INFO`: lines of `name:value`, and headings.
    pub(super) fn read(info: &str) -> Self {
        let fields: HashMap<&str, &str> = info
            .lines()
            .filter_map(|line| line.trim_end().split_once(':'))
            .collect();
        let text = |name| fields.get(name).map(|&value| value.to_owned());
        Self {
            version: text("redis_version"),
            maxmemory_policy: text("maxmemory_policy"),
            keeps_a_log: fields.get("aof_enabled").map(|&value| value != "0"),
        }
    }

    /// What an operator should know of, the worst first.
    pub fn advice(&self) -> Vec<Advice> {
        let too_old = self
            .version
            .as_deref()
            .filter(|version| is_too_old(version));
        let too_old = too_old.map(|version| {
            let (major, minor) = OLDEST;
            Advice::Wrong(format!(
                "redis is of version {version}, too old to carry tasks: upgrade it to {major}.{minor} or later; \
                 until then they wait in the database"
            ))
        });
        let policy = self.maxmemory_policy.as_deref();
        let evicts = policy.filter(|&policy| policy != "noeviction");
        let evicts = evicts.map(|policy| {
            Advice::Warning(format!(
                "redis may throw tasks away when it is full: its maxmemory-policy is {policy}; set it to noeviction. \
                 Tasks of the database are carried again, those that Python sent would be lost"
            ))
        });
        let forgets = (self.keeps_a_log == Some(false)).then(|| {
            Advice::Note(
                "redis forgets what it is given when it is restarted: its appendonly is no. Tasks of the database are \
                 carried again; if Python sends tasks, set it to yes"
                    .to_owned(),
            )
        });
        [too_old, evicts, forgets].into_iter().flatten().collect()
    }
}

/// A version that cannot be read is somebody's own, who will know.
fn is_too_old(version: &str) -> bool {
    let mut numbers = version.split('.').map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < OLDEST,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(info: &str) -> Vec<Advice> {
        Condition::read(info).advice()
    }

    #[test]
    fn a_server_as_it_should_be_needs_no_advice() {
        let good = "# Server\r\nredis_version:6.2.0\r\n\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n\
                    # Persistence\r\naof_enabled:1\r\n";
        assert_eq!(advice(good), []);
    }

    #[test]
    fn what_a_server_does_not_tell_is_right() {
        assert_eq!(advice(""), []);
        assert_eq!(advice("redis_version:\r\nnonsense"), []);
        assert_eq!(advice("redis_version:unstable"), []);
    }

    #[test]
    fn each_advice_names_what_is_and_what_should_be() {
        let advice =
            advice("redis_version:6.0.16\r\nmaxmemory_policy:allkeys-lru\r\naof_enabled:0\r\n");

        let [
            Advice::Wrong(version),
            Advice::Warning(policy),
            Advice::Note(log),
        ] = &advice[..]
        else {
            panic!("{advice:?}");
        };
        assert!(
            version.contains("6.0.16") && version.contains("6.2"),
            "{version}"
        );
        assert!(
            policy.contains("allkeys-lru") && policy.contains("noeviction"),
            "{policy}"
        );
        assert!(log.contains("appendonly"), "{log}");
    }
}
