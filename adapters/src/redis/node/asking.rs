//! What a node does on Redis for those who ask, and when it asks itself.

use redis::{RedisResult, Script, cmd, pipe};

use super::Node;
use crate::redis::publish::add_binding;
use crate::redis::wire::binding;
use crate::redis::wire::control::{Asker, REPLIES};

/// How long a binding is sure to hold without being made again, in milliseconds.
const BOUND_FOR: u64 = 3_600_000;
/// How long replies are kept that nobody fetches, in milliseconds.
const REPLIES_KEPT_FOR: u64 = 60_000;
/// Until when exchanges have queues that end by themselves.
const DEADLINES: &str = "_kombu.binding_deadlines";

/// The scripts, each headed by what it takes and what it returns.
pub(super) struct Scripts {
    bind: Script,
    reply: Script,
    pub(super) revoke: Script,
    pub(super) scheduled: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            bind: Script::new(include_str!("../bind.lua")),
            reply: Script::new(include_str!("../reply.lua")),
            revoke: Script::new(include_str!("../revoke.lua")),
            scheduled: Script::new(include_str!("../scheduled.lua")),
        }
    }
}

impl Node {
    /// Binds a queue that ends by itself.
    pub(super) async fn bind(&self, exchange: &str, key: &str, queue: &str) -> RedisResult<()> {
        let mut bind = self.scripts.bind.prepare_invoke();
        bind.key(self.keys.bindings(exchange));
        bind.key(self.keys.celerys(DEADLINES));
        bind.arg(binding(key, queue)).arg(exchange).arg(BOUND_FOR);
        self.link.script(&bind).await
    }

    /// Binds a queue for good, so that producers reach it through this exchange.
    pub(super) async fn bind_for_good(
        &self,
        exchange: &str,
        key: &str,
        queue: &str,
    ) -> RedisResult<()> {
        let mut pipeline = pipe();
        add_binding(&mut pipeline, self.keys.lists(), exchange, key, queue);
        self.link.pipeline(&pipeline).await
    }

    /// Notes that a queue that is bound without a key is that of a node of ours, or is no more.
    pub(super) async fn note_ours(&self, change: &str, queue: &str) -> RedisResult<()> {
        let mut note = cmd(change);
        note.arg(self.keys.nodes()).arg(binding("", queue));
        self.link.command(&note).await
    }

    pub(super) async fn unbind_queue(
        &self,
        exchange: &str,
        key: &str,
        queue: &str,
    ) -> RedisResult<()> {
        let mut remove = cmd("SREM");
        remove.arg(self.keys.bindings(exchange));
        remove.arg(binding(key, queue));
        self.link.command(&remove).await
    }

    /// Answers whoever asked; 0 if they do not wait any more.
    pub(super) async fn push_reply(&self, asker: &Asker, reply: &[u8]) -> RedisResult<u64> {
        let list = asker.list();
        let mut push = self.scripts.reply.prepare_invoke();
        push.key(self.keys.bindings(REPLIES));
        push.key(self.keys.celerys(&list));
        push.arg(binding(&asker.key, &list));
        push.arg(reply).arg(REPLIES_KEPT_FOR);
        self.link.script(&push).await
    }
}
