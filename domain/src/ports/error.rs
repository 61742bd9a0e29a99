//! How a port fails, said so that a caller knows what to do about it.

use std::error::Error;

/// A port could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{adapter} could not {action}")]
pub struct PortError {
    /// What stands on the other side: "sqlite".
    pub adapter: &'static str,
    /// What it was asked to do: "lease tasks".
    pub action: &'static str,
    /// Whether asking again may help.
    pub severity: Severity,
    /// What the other side said.
    pub source: Box<dyn Error + Send + Sync>,
}

/// Whether asking again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It may: the other side is away, busy or full.
    Transient,
    /// It will not: what is stored or asked is wrong.
    Permanent,
}

/// `error` and what caused it, in one line: "sqlite could not lease tasks: disk I/O error".
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_reads_from_the_outside_in() {
        let error = PortError {
            adapter: "sqlite",
            action: "lease tasks",
            severity: Severity::Transient,
            source: "disk I/O error".into(),
        };

        assert_eq!(
            chain(&error),
            "sqlite could not lease tasks: disk I/O error"
        );
    }
}
