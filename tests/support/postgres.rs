//! A private `PostgreSQL` server in a folder of its own, reached by a socket there.

#[path = "postgres/database.rs"]
mod database;
#[path = "postgres/network.rs"]
mod network;
#[path = "postgres/process.rs"]
mod process;

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

pub use self::database::Database;
use crate::small_disk::SmallDisk;

const PORT: u16 = 5432;
const USER: &str = "backbeat";
/// The tests lose nothing by a power cut; what is committed outlives a crash of the server.
const SETTINGS: &str = "
listen_addresses = ''
max_connections = 300
shared_buffers = 64MB
fsync = off
full_page_writes = off
autovacuum = off
";

/// A server that ends, and whose folder goes, with the process that started it.
pub struct PostgresServer {
    folder: PathBuf,
    programs: PathBuf,
    version: u32,
    port: u16,
    databases: AtomicU32,
    /// What new databases are copies of.
    model: OnceLock<Database>,
    /// Lives until its input ends: when this process does, however it does.
    _keeper: Child,
}

impl PostgresServer {
    /// The server that all laws share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<&'static PostgresServer> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(""))
    }

    /// A new database with all tables, which goes when it is dropped.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn database_with_tables(&'static self) -> Database {
        let model = self.model.get_or_init(|| {
            let model = self.database();
            model.fill();
            model
        });
        // The usual way of copying writes a log of it all.
        let is_new = 15 <= self.version;
        let by_file = if is_new { " STRATEGY file_copy" } else { "" };
        self.make(&format!(" TEMPLATE {}{by_file}", model.name))
    }

    /// A server of one's own, with these `settings` besides the usual ones.
    ///
    /// # Panics
    ///
    /// When there is none on this machine, or it does not start.
    pub fn start(settings: &str) -> &'static Self {
        Self::start_with(PORT, settings, &[])
    }

    /// The same at `port`, with these files in its folder of data: a name and a text each.
    fn start_with(port: u16, settings: &str, files: &[(&str, &str)]) -> &'static Self {
        let programs = process::programs();
        let folder = process::folder();
        let keeper = process::keeper(&programs, &folder);
        let version = process::version(&programs);
        let server = Self {
            folder,
            programs,
            version,
            port,
            databases: AtomicU32::new(0),
            model: OnceLock::new(),
            _keeper: keeper,
        };
        server.initialize(settings);
        for (name, text) in files {
            process::write(&server.data().join(name), text);
        }
        server.go_on();
        Box::leak(Box::new(server))
    }

    fn initialize(&self, settings: &str) {
        let (data, folder) = (self.data(), self.folder.display());
        succeed(
            self.program("initdb")
                .args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C"])
                .args(["--username", USER, "-D"])
                .arg(&data),
        );
        let path = data.join("postgresql.conf");
        let made = fs::read_to_string(&path).expect("a configuration");
        let socket = format!("port = {}\nunix_socket_directories = '{folder}'", self.port);
        let configuration = format!("{made}\n{SETTINGS}\n{socket}\n{settings}\n");
        fs::write(path, configuration).expect("a configuration");
    }

    /// Starts it again after [`stop`](Self::stop).
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn go_on(&self) {
        succeed(
            self.program("pg_ctl")
                .args(["start", "-w", "-s", "-l"])
                .arg(self.folder.join("log"))
                .arg("-D")
                .arg(self.data()),
        );
    }

    /// Stops it at once, as a crash would.
    ///
    /// # Panics
    ///
    /// When it does not stop.
    pub fn stop(&self) {
        succeed(
            self.program("pg_ctl")
                .args(["stop", "-w", "-s", "-m", "immediate", "-D"])
                .arg(self.data()),
        );
    }

    /// Kills all its processes, so that it can clear nothing away; [`go_on`](Self::go_on) starts it again.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn kill(&self) {
        let held = fs::read_to_string(self.data().join("postmaster.pid"));
        let held = held.expect("a server that runs");
        let server = held.lines().next().expect("the id of its process");
        let signal = |name: &str, processes: &[&str]| {
            // One that ends meanwhile is no failure.
            let _ = Command::new("kill").arg(name).args(processes).status();
        };
        // No child is made by a parent that is stopped.
        signal("-STOP", &[server]);
        let children = fs::read_to_string(format!("/proc/{server}/task/{server}/children"));
        let children = children.expect("a list of its children");
        signal("-KILL", &children.split_whitespace().collect::<Vec<_>>());
        signal("-KILL", &[server]);
        // What they share is free when the last of them is gone.
        for process in children.split_whitespace().chain([server]) {
            while fs::exists(format!("/proc/{process}/exe")).unwrap_or(false) {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
        }
        // Where nobody buries the dead, their ids would be taken for those of the living.
        let lock = self.socket().with_added_extension("lock");
        for left in [self.data().join("postmaster.pid"), lock] {
            fs::remove_file(left).expect("what it left");
        }
    }

    /// A new database, which goes when it is dropped.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn database(&'static self) -> Database {
        self.make("")
    }

    /// A new database whose tables are on `disk` and whose log is not: a log that cannot be
    /// written ends the server.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    pub fn database_on(&'static self, disk: &SmallDisk) -> Database {
        let folder = disk.folder();
        process::give_away(folder);
        let space = format!("CREATE TABLESPACE small LOCATION '{}'", folder.display());
        self.query("postgres", &space);
        self.make(" TABLESPACE small")
    }

    fn make(&'static self, how: &str) -> Database {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("music{number}");
        self.query("postgres", &format!("CREATE DATABASE {name}{how}"));
        Database { server: self, name }
    }

    /// What the server answers to `statement` in `database`: a line a row.
    ///
    /// # Panics
    ///
    /// When it refuses.
    pub fn query(&self, database: &str, statement: &str) -> String {
        let output = Command::new(self.programs.join("psql"))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--username", USER, "--port", &self.port.to_string()])
            .arg("--host")
            .arg(&self.folder)
            .args(["--dbname", database, "--command", statement])
            .output()
            .expect("psql starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{statement}: {said}");
        String::from_utf8(output.stdout)
            .expect("text")
            .trim()
            .to_owned()
    }

    /// The socket it listens on.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(format!(".s.PGSQL.{PORT}"))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self, name: &str) -> Command {
        let mut program = process::as_nobody(&self.programs.join(name));
        program.current_dir(&self.folder);
        program
    }
}

fn succeed(command: &mut Command) {
    // The server inherits what is not closed, and a pipe of ours would never end.
    let status = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .expect("the program starts");
    assert!(status.success(), "{command:?}: {status}");
}
