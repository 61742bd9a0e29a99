//! Obeys commands.

mod about;
mod conf;
mod info;
mod queues;
mod revoking;
mod scheduled;
mod stats;
mod tasks;
mod tuning;

use serde_json::{Value, json};

use super::Node;
use crate::redis::wire::control::{Command, error_reply, ok_reply};

pub(super) use self::queues::Bindings;
pub(super) use self::stats::broker;

impl Node {
    /// Obeys `command`, and answers; nothing if Celery's workers do not.
    pub(super) async fn answer(&self, command: Command) -> Option<Value> {
        Some(match command {
            Command::Ping => ok_reply("pong"),
            Command::Active { as_texts } => self.active(as_texts),
            Command::Reserved => self.reserved(),
            Command::Scheduled => self.scheduled().await,
            Command::QueryTask { ids } => self.query(&ids).await,
            Command::Registered { items, builtins } => self.registered(items, builtins),
            Command::Stats => self.stats(),
            Command::ActiveQueues => self.active_queues(),
            Command::Conf { with_defaults } => self.conf(with_defaults),
            Command::Report => self.report(),
            Command::Clock => json!({"clock": self.who.lamport()}),
            Command::Revoked => json!(self.revoked_ids()),
            Command::Hello { from, revoked } => self.greet(&from, revoked),
            Command::Revoke { ids, terminate } => self.revoke(ids, terminate),
            Command::RevokeStamped { stamps, terminate } => self.revoke_stamped(&stamps, terminate),
            Command::RateLimit { task, limit } => self.limit_rate(&task, limit),
            Command::TimeLimit { task, hard, soft } => self.limit_time(&task, hard, soft),
            Command::AddConsumer { queue, binding } => self.add_consumer(queue, binding).await,
            Command::CancelConsumer { queue } => self.cancel_consumer(&queue),
            Command::PoolGrow { count } => self.grow(count),
            Command::PoolShrink { count } => self.shrink(count),
            Command::EnableEvents => self.want_events(true),
            Command::DisableEvents => self.want_events(false),
            Command::Heartbeat => {
                self.asked_for.notify_one();
                Value::Null
            }
            Command::Shutdown => {
                tracing::info!("stopping: somebody asked for it by remote control");
                self.control.shut_down();
                return None;
            }
            Command::Senseless(why) => error_reply(why),
        })
    }
}
