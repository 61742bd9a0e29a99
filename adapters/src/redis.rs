//! A conveyor on Redis, in the form in which Celery keeps its queues there.
//!
//! What waits are Celery messages in Celery's lists, so that Python producers and Python
//! workers share them. What our workers hold, delay and bury is in keys of our own, moved by
//! scripts, each of which is one atomic step.

mod announcer;
mod bell;
mod builtins;
mod client;
mod condition;
mod error;
mod keys;
mod link;
mod looks;
mod node;
mod publish;
mod queue;
mod record;
mod reporter;
mod results;
mod scripts;
mod server;
mod session;
mod unacked;
mod url;
pub mod wire;

pub use self::builtins::with_celery_tasks;
pub use self::client::{CeleryClient, ClientSettings};
pub use self::condition::{Advice, Condition};
pub use self::node::{Events, Node, NodeSettings, RevokedResults, host};
pub use self::queue::{Quarantined, RedisQueue, RedisSettings};
pub use self::reporter::{Reporter, ReporterSettings, Wishes};
pub use self::results::{ChordDone, ChordPart, Counted, ResultSettings, ResultStore};
pub use self::unacked::{Leftovers, RestoreSettings, Restored, UnackedKeys, UnackedMessages};
pub use self::url::{RedisUrl, RedisUrlError};
