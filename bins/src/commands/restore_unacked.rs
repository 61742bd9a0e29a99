//! Puts back what Python workers held.

use std::collections::BTreeMap;

use adapters::redis::{UnackedKeys, UnackedMessages};

use super::is_sure;
use crate::output::tell;
use crate::program::Failure;
use crate::settings::Settings;

/// Puts back what Python workers hold on Redis, after asking.
///
/// # Errors
///
/// When Redis is not set, cannot be used, or somebody else is putting back.
pub async fn restore_unacked(settings: Settings, force: bool) -> Result<(), Failure> {
    let Some(conveyor) = settings.conveyor else {
        return Err("REDIS_URL is not set, so no Python worker can hold anything of ours".into());
    };
    let keys = UnackedKeys::behind(conveyor.prefix);
    let held = UnackedMessages::open(&conveyor.url, keys)?;
    let by_queue = held.by_queue().await?;
    if by_queue.is_empty() {
        tell("Python workers hold nothing");
        return Ok(());
    }
    show(&by_queue, "held");
    let twice = "They are put back into their queues; what a Python worker still works on will be done twice.";
    if !force && !is_sure(twice)? {
        tell("nothing was put back");
        return Ok(());
    }
    let Some(restored) = held.restore_all().await? else {
        return Err("somebody else is putting messages back; try again in five minutes".into());
    };
    show(&restored.by_queue, "put back");
    if 0 < restored.left {
        let left = restored.left;
        tell(&format!(
            "{left} stay: nobody understands them, or no queue is theirs"
        ));
    }
    Ok(())
}

fn show(by_queue: &BTreeMap<String, u64>, what: &str) {
    for (queue, count) in by_queue {
        if queue.is_empty() {
            tell(&format!("{what}: {count} of no known queue"));
        } else {
            tell(&format!("{what}: {count} of the queue {queue}"));
        }
    }
}
