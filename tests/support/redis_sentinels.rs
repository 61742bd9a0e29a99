//! A master, a replica, and sentinels that watch them, on ports of this machine.

use std::time::{Duration, Instant};

use redis::{Cmd, RedisResult, Value, cmd};
use tokio::time::sleep;

use crate::ports::free_port;
use crate::redis_server::RedisServer;

/// What the master is called.
pub const MASTER: &str = "music";

/// How long they may take to find each other, on a machine with much to do.
const FOUND_WITHIN: Duration = Duration::from_mins(1);

/// Two servers of which one is master, and three sentinels that agree on which.
pub struct RedisSentinels {
    /// Who is master at first.
    pub master: RedisServer,
    /// Who becomes master when it is lost.
    pub replica: RedisServer,
    /// Who watches.
    pub sentinels: Vec<RedisServer>,
    ports: Vec<u16>,
}

impl RedisSentinels {
    /// All of them, which know each other.
    ///
    /// # Panics
    ///
    /// When they do not find each other.
    pub async fn start() -> Self {
        let port = free_port();
        let master = RedisServer::start(&on(&port.to_string())).await;
        let of = format!("127.0.0.1 {port}");
        let own = free_port().to_string();
        let options = [&on(&own)[..], &["--replicaof", &of]].concat();
        let replica = RedisServer::start(&options).await;
        let watched = format!(
            "sentinel monitor {MASTER} 127.0.0.1 {port} 2\n\
             sentinel down-after-milliseconds {MASTER} 4000\n\
             sentinel failover-timeout {MASTER} 5000\n"
        );
        let ports = [free_port(), free_port(), free_port()];
        let mut sentinels = Vec::new();
        for port in ports {
            let own = port.to_string();
            let options = [&on(&own)[..], &["--sentinel"]].concat();
            sentinels.push(RedisServer::configured(Some(&watched), &options).await);
        }
        for sentinel in &sentinels {
            let began = Instant::now();
            while !knows_all(sentinel).await {
                assert!(began.elapsed() < FOUND_WITHIN, "a sentinel is alone");
                sleep(Duration::from_millis(50)).await;
            }
        }
        Self {
            master,
            replica,
            sentinels,
            ports: ports.to_vec(),
        }
    }

    /// Where they are, as Celery writes it; `login` is for the master.
    pub fn url(&self, login: &str) -> String {
        let each = self.ports.iter();
        let each = each.map(|port| format!("sentinel://{login}127.0.0.1:{port}"));
        each.collect::<Vec<_>>().join(";")
    }
}

/// The options that put a server on a port.
fn on(port: &str) -> [&str; 4] {
    ["--bind", "127.0.0.1", "--port", port]
}

/// Whether a sentinel has found the replica and the two others.
async fn knows_all(sentinel: &RedisServer) -> bool {
    let count = async |what: &str| {
        let mut question: Cmd = cmd("SENTINEL");
        question.arg(what).arg(MASTER);
        let found: RedisResult<Vec<Value>> = sentinel.ask(&question).await;
        found.map_or(0, |found| found.len())
    };
    count("REPLICAS").await == 1 && count("SENTINELS").await == 2
}
