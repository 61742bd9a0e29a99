//! The scripts: what is done on Redis in one step.

use redis::Script;

macro_rules! script {
    ($file:literal) => {
        Script::new(concat!(
            include_str!("record.lua"),
            include_str!("life.lua"),
            include_str!("copies.lua"),
            include_str!("hand_back.lua"),
            include_str!($file)
        ))
    };
}

/// The scripts, each headed by what it takes and what it returns.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) claim: Script,
    pub(super) look: Script,
    pub(super) settle: Script,
    pub(super) sweep: Script,
    pub(super) leave: Script,
    pub(super) heads: Script,
    pub(super) held: Script,
    pub(super) count: Script,
    pub(super) peek: Script,
    pub(super) quarantined: Script,
    pub(super) purge: Script,
    pub(super) requeue: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            claim: script!("claim.lua"),
            look: script!("look.lua"),
            settle: script!("settle.lua"),
            sweep: script!("sweep.lua"),
            leave: script!("leave.lua"),
            heads: script!("heads.lua"),
            held: script!("held.lua"),
            count: script!("count.lua"),
            peek: script!("peek.lua"),
            quarantined: script!("quarantined.lua"),
            purge: script!("purge.lua"),
            requeue: script!("requeue.lua"),
        }
    }
}
