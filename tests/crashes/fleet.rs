//! The programs and the servers they need, each behind a way that can be made bad.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use redis::{Cmd, Value};
use tempfile::TempDir;
use tests::postgres::{Database, PostgresServer};
use tests::program::{Program, command};
use tests::proxy::{Proxy, Target};
use tests::redis_server::RedisServer;
use tests::scripted_smtp::{Script, ScriptedServer};

/// What the programs are told, beside where everything is: to miss the dead sooner than usual, and
/// to wait for a mail server no longer than a test can.
const SETTINGS: &str = "
SECRET_KEY=the same on every machine, and long enough
DEFAULT_FROM_EMAIL=Music <music@music.example>
WORKER_LEASE=3s
LOGIN_ATTEMPTS_PER_ADDRESS=1000
";

/// What may be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Api,
    Worker,
    Beat,
}

impl Role {
    fn program(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Beat => "beat",
        }
    }
}

/// The servers of a fleet on many machines, each with the way to it.
pub(super) struct Servers {
    pub(super) postgres: &'static PostgresServer,
    pub(super) database: Database,
    pub(super) to_postgres: Proxy,
    pub(super) redis: RedisServer,
    pub(super) to_redis: Proxy,
}

/// An api, workers and beats, and what they need.
pub(super) struct Fleet {
    pub(super) folder: TempDir,
    /// None with the embedded default.
    pub(super) servers: Option<Servers>,
    pub(super) sink: ScriptedServer,
    pub(super) to_sink: Proxy,
    /// Where the api is at the moment.
    pub(super) address: Arc<Mutex<SocketAddr>>,
    running: Vec<(Role, Program)>,
}

impl Servers {
    async fn start() -> Self {
        let postgres = PostgresServer::start("");
        let redis = RedisServer::start(&[]).await;
        let socket = redis.folder().join("redis.sock");
        Self {
            database: postgres.database(),
            to_postgres: Proxy::to(Target::Socket(postgres.socket())).await,
            to_redis: Proxy::to(Target::Socket(socket)).await,
            postgres,
            redis,
        }
    }

    /// Tells Redis something, past the way to it.
    pub(super) async fn tell_redis(&self, words: &[&str]) {
        let mut command = Cmd::new();
        command.arg(words);
        self.redis.ask::<Value>(&command).await.unwrap();
    }
}

impl Fleet {
    /// All that is needed on many machines.
    pub(super) async fn on_servers() -> Self {
        Self::with(Some(Servers::start().await)).await
    }

    /// All on one machine, in one file.
    pub(super) async fn embedded() -> Self {
        Self::with(None).await
    }

    async fn with(servers: Option<Servers>) -> Self {
        let sink = ScriptedServer::start(Script::usual());
        let to_sink = Proxy::to(Target::Port(sink.address())).await;
        let folder = TempDir::new().unwrap();
        let mut settings = format!(
            "{SETTINGS}EMAIL_URL=smtp://{}?timeout=3s\n",
            to_sink.address()
        );
        if let Some(servers) = &servers {
            let (postgres, name) = (servers.to_postgres.address(), servers.database.name());
            let redis = servers.to_redis.address();
            let database = format!("postgres://backbeat@{postgres}/{name}?sslmode=disable");
            settings.extend([
                format!("DATABASE_URL={database}\n"),
                format!("REDIS_URL=redis://{redis}\n"),
            ]);
        }
        fs::write(folder.path().join(".env"), settings).unwrap();
        let mut api = Program::start(command("api", folder.path()));
        let address = Arc::new(Mutex::new(api.address()));
        let mut fleet = Self {
            folder,
            servers,
            sink,
            to_sink,
            address,
            running: vec![(Role::Api, api)],
        };
        fleet.start_all(&[Role::Worker, Role::Worker, Role::Beat, Role::Beat]);
        fleet
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts one of each.
    pub(super) fn start_all(&mut self, roles: &[Role]) {
        for &role in roles {
            self.start(role);
        }
    }

    /// Starts one more, as it is usually started.
    pub(super) fn start(&mut self, role: Role) {
        self.start_as(role, |_| {});
    }

    /// Starts one more, after `change`; waits until it is ready.
    pub(super) fn start_as(&mut self, role: Role, change: impl Fn(&mut Command)) {
        let mut how = command(role.program(), self.folder());
        change(&mut how);
        let mut program = Program::start(how);
        match role {
            Role::Api => *self.address.lock().unwrap() = program.address(),
            Role::Worker | Role::Beat => {
                program.line_with("ready");
            }
        }
        self.running.push((role, program));
    }

    /// How many of `role` run.
    pub(super) fn count(&self, role: Role) -> usize {
        self.running.iter().filter(|(its, _)| *its == role).count()
    }

    /// Kills the oldest of `role` (SIGKILL).
    pub(super) fn kill(&mut self, role: Role) {
        self.take(role).kill();
    }

    /// Kills all programs at once, and answers what they were.
    pub(super) fn kill_all(&mut self) -> Vec<Role> {
        let running = std::mem::take(&mut self.running);
        for (_, program) in &running {
            program.signal("KILL");
        }
        running.into_iter().map(|(role, _)| role).collect()
    }

    /// Asks the oldest of `role` to stop (SIGTERM), and waits until it has, well.
    pub(super) fn stop(&mut self, role: Role) {
        let ended = self.take(role).stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    }

    /// The same for the newest.
    pub(super) fn stop_newest(&mut self, role: Role) {
        let newest = self.running.iter().rposition(|(its, _)| *its == role);
        let (_, program) = self.running.remove(newest.expect("one of it runs"));
        let ended = program.stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.errors);
    }

    /// Sends a signal to the oldest of `role`, which goes on living.
    pub(super) fn signal(&self, role: Role, name: &str) {
        let oldest = self.running.iter().find(|(its, _)| *its == role);
        oldest.expect("one of it runs").1.signal(name);
    }

    /// Asks all to stop, and waits until they have, well.
    pub(super) fn end(&mut self) {
        while let Some(&(role, _)) = self.running.first() {
            self.stop(role);
        }
    }

    fn take(&mut self, role: Role) -> Program {
        let oldest = self.running.iter().position(|(its, _)| *its == role);
        self.running.remove(oldest.expect("one of it runs")).1
    }
}
