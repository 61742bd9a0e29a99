//! What was asked of Redis, and what it took.

use redis::cmd;

use super::{Place, micros};
use crate::platform::idle::cpu_time;

#[derive(Default)]
pub(super) struct Usage {
    pub(super) sent: f64,
    pub(super) commands: f64,
    pub(super) redis_micros: f64,
    pub(super) own_micros: f64,
}

impl Usage {
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            sent: self.sent - before.sent,
            commands: self.commands - before.commands,
            redis_micros: self.redis_micros - before.redis_micros,
            own_micros: self.own_micros - before.own_micros,
        }
    }
}

impl Place {
    pub(super) async fn usage(&self) -> Usage {
        let mut redis = self.redis.clone();
        let stats: String = cmd("INFO")
            .arg("commandstats")
            .query_async(&mut redis)
            .await
            .unwrap();
        let calls = |line: &str| -> Option<(bool, f64)> {
            let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
            let calls = rest.split(',').next()?.parse().ok()?;
            Some((matches!(name, "evalsha" | "hkeys" | "hmget"), calls))
        };
        let all: Vec<(bool, f64)> = stats.lines().filter_map(calls).collect();
        let sum = |only_sent: bool| {
            let counted = all.iter().filter(|(is_sent, _)| *is_sent || !only_sent);
            counted.map(|(_, calls)| calls).sum()
        };
        Usage {
            sent: sum(true),
            commands: sum(false),
            redis_micros: micros(cpu_time(self.process)),
            own_micros: micros(cpu_time(std::process::id())),
        }
    }
}
