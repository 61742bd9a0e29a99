//! The real Celery (client, command line, workers, Flower) against a worker, a producer and a beat
//! of ours.
//!
//! Each test is one feature, a check in Python of the same name: `states.rs` runs those of
//! `checks/states.py`, all of them against one worker, unless a check starts its own.

mod beat;
mod canvas;
mod command_line;
mod control;
mod events;
mod life;
mod mixed;
mod monitor;
mod prefixed;
mod producer;
mod shutdown;
mod states;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tests::celery::{self, broker};
use tests::ports::free_port;
use tests::program::program;
use tests::redis_server::RedisServer;
use tokio::sync::OnceCell;

/// What the worker is called that all checks share.
const NODE: &str = "shared@test";

/// Runs a worker until its own input ends, so that it never outlives the tests, however they end.
const KEEPER: &str = r#"
    log=$1; shift
    "$@" >"$log" 2>&1 </dev/null &
    worker=$!
    for _ in $(seq 900); do
        grep -q ready "$log" && break
        sleep 0.1
    done
    echo "$(head -1 "$log")"
    cat >/dev/null
    kill -KILL $worker 2>/dev/null
"#;

/// A Redis and what runs on it.
struct Stage {
    /// Ended with the stage.
    _redis: RedisServer,
    folder: TempDir,
    /// Where Celery finds it.
    broker: String,
    /// Where results lie: in a database of their own.
    result: String,
    /// What every key begins with.
    prefix: &'static str,
    /// Whoever keeps the worker, if there is one.
    keeper: Option<Child>,
}

impl Stage {
    /// The one with a worker that many checks share, each with tasks of its own.
    async fn shared() -> &'static Self {
        static SHARED: OnceCell<Stage> = OnceCell::const_new();
        SHARED
            .get_or_init(async || {
                let mut stage = Self::empty().await;
                stage.keep_worker();
                stage
            })
            .await
    }

    /// One for a check that starts what it needs.
    async fn empty() -> Self {
        let redis = RedisServer::start(&[]).await;
        let broker = broker(&redis);
        Self {
            result: format!("{broker}?virtual_host=1"),
            broker,
            prefix: "",
            _redis: redis,
            folder: tempfile::tempdir().unwrap(),
            keeper: None,
        }
    }

    /// The same on a port, with a password, for those who keep to the keys below a prefix.
    async fn guarded(password: &str) -> Self {
        let port = free_port();
        let redis = RedisServer::start(&["--port", &port.to_string()]).await;
        let mut guard = redis::cmd("CONFIG");
        guard.arg("SET").arg("requirepass").arg(password);
        redis.ask::<()>(&guard).await.unwrap();
        let url = |database: u8| format!("redis://:{password}@127.0.0.1:{port}/{database}");
        Self {
            broker: url(0),
            result: url(1),
            prefix: "music:",
            _redis: redis,
            folder: tempfile::tempdir().unwrap(),
            keeper: None,
        }
    }

    fn keep_worker(&mut self) {
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(self.folder.path().join("worker.log"))
            .arg(program("interop"))
            .args(["worker", "-Q", "interop", "-n", NODE, "-c", "8"])
            .args(["--broker", &self.broker, "--result", &self.result])
            .envs([("TRACK_STARTED", "1"), ("EVENTS", "1")])
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let output = keeper.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut said).unwrap();
        assert!(said.contains("ready"), "the worker does not start: {said}");
        self.keeper = Some(keeper);
    }

    /// Runs the check called `name` in `tests/celery/checks/{module}.py`.
    fn check(&self, module: &str, name: &str) {
        let interop = program("interop");
        celery::run_with(
            "checks/check.py",
            &[module, name],
            &[
                ("BROKER", &self.broker),
                ("RESULT", &self.result),
                ("GLOBAL_KEYPREFIX", self.prefix),
                ("NODE", NODE),
                ("INTEROP", interop.to_str().unwrap()),
                ("FOLDER", self.folder.path().to_str().unwrap()),
            ],
        );
    }
}
