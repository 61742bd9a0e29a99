//! The programs and the servers they need, each behind a way that can be made bad.

mod ending;
mod senders;
mod servers;
mod watching;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tests::client::Client;
use tests::ports::free_port;
use tests::program::{Program, command};
use tests::proxy::{Proxy, Target};
use tests::scripted_smtp::{Script, ScriptedServer};
use uuid::Uuid;

pub(super) use self::senders::Claim;
pub(super) use self::servers::Servers;
use crate::programs::artist;

/// What the programs are told, beside where everything is: to wait for a mail server no longer
/// than a test can.
const SETTINGS: &str = "
SECRET_KEY=the same on every machine, and long enough
DEFAULT_FROM_EMAIL=Music <music@music.example>
LOGIN_ATTEMPTS_PER_ADDRESS=1000
";

/// The dead are missed sooner than usual.
const MISSED_SOON: &str = "WORKER_LEASE=3s\n";

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

/// An api, workers and beats, and what they need.
pub(super) struct Fleet {
    pub(super) folder: TempDir,
    /// None with the embedded default.
    pub(super) servers: Option<Servers>,
    pub(super) sink: ScriptedServer,
    pub(super) to_sink: Proxy,
    /// Where the api is at the moment.
    pub(super) address: Arc<Mutex<SocketAddr>>,
    /// Where each api is told to listen.
    bind: SocketAddr,
    running: Vec<Running>,
}

/// A program that runs.
struct Running {
    role: Role,
    program: Program,
    /// When it began: from before until after, in the form of ids.
    began: RangeInclusive<Uuid>,
}

impl Fleet {
    /// All that is needed on many machines.
    pub(super) async fn on_servers() -> Self {
        Self::with(Some(Servers::start().await), MISSED_SOON).await
    }

    /// The same, as it is if nothing is set: the dead are missed after 15 s.
    pub(super) async fn as_usual() -> Self {
        Self::with(Some(Servers::start().await), "").await
    }

    /// All on one machine, in one file.
    pub(super) async fn embedded() -> Self {
        Self::with(None, MISSED_SOON).await
    }

    async fn with(servers: Option<Servers>, others: &str) -> Self {
        let sink = ScriptedServer::start(Script::usual());
        let to_sink = Proxy::to(Target::Port(sink.address())).await;
        let folder = TempDir::new().unwrap();
        let mail = to_sink.address();
        let mut settings = format!("{SETTINGS}{others}EMAIL_URL=smtp://{mail}?timeout=3s\n");
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
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut fleet = Self {
            folder,
            servers,
            sink,
            to_sink,
            address: Arc::new(Mutex::new(any_port)),
            bind: any_port,
            running: Vec::new(),
        };
        fleet.start_all(&[
            Role::Api,
            Role::Worker,
            Role::Worker,
            Role::Beat,
            Role::Beat,
        ]);
        fleet
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// From the next one on every api listens on one port, which nobody else is given.
    pub(super) fn keep_the_port(&mut self) {
        self.bind.set_port(free_port());
        self.stop(Role::Api);
        self.start(Role::Api);
    }

    /// Where the api is at the moment.
    pub(super) fn address(&self) -> SocketAddr {
        *self.address.lock().unwrap()
    }

    /// The servers there are, of a fleet that needs some.
    pub(super) fn servers(&self) -> &Servers {
        self.servers.as_ref().expect("a fleet on servers")
    }

    /// An artist of that name, connected.
    pub(super) async fn artist(&self, name: &str) -> Client {
        artist(self.address(), name).await
    }

    /// Starts one of each.
    pub(super) fn start_all(&mut self, roles: &[Role]) {
        for &role in roles {
            self.start(role);
        }
    }

    /// Starts one more, and waits until it is ready.
    pub(super) fn start(&mut self, role: Role) {
        self.start_as(role, |_| {});
    }

    /// The same, after `change`.
    pub(super) fn start_as(&mut self, role: Role, change: impl Fn(&mut Command)) {
        let mut how = command(role.program(), self.folder());
        how.env("API_BIND", self.bind.to_string());
        change(&mut how);
        let before = Uuid::now_v7();
        let mut program = Program::start(how);
        match role {
            Role::Api => *self.address.lock().unwrap() = program.address(),
            Role::Worker | Role::Beat => {
                program.line_with("ready");
            }
        }
        self.running.push(Running {
            role,
            program,
            began: before..=Uuid::now_v7(),
        });
    }

    /// The ids of the processes of `role`.
    pub(super) fn processes(&self, role: Role) -> Vec<u32> {
        self.all(role).map(|it| it.program.id()).collect()
    }

    /// How many of `role` run.
    pub(super) fn count(&self, role: Role) -> usize {
        self.processes(role).len()
    }

    fn all(&self, role: Role) -> impl Iterator<Item = &Running> {
        self.running.iter().filter(move |it| it.role == role)
    }

    fn oldest(&self, role: Role) -> &Running {
        self.all(role).next().expect("one of it runs")
    }

    fn take(&mut self, role: Role) -> Program {
        let oldest = self.running.iter().position(|it| it.role == role);
        self.running.remove(oldest.expect("one of it runs")).program
    }
}
