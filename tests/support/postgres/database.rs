//! A database on a private server.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use adapters::clock::SystemClock;
use adapters::postgres::{Encryption, Host, PostgresAddress, PostgresLimits, PostgresStore};
use tokio::runtime::Runtime;

use super::{PostgresServer, USER};

/// A database on a private server.
pub struct Database {
    pub(super) server: &'static PostgresServer,
    pub(super) name: String,
}

impl Database {
    /// Makes its tables.
    pub(super) fn fill(&self) {
        let address = self.address();
        // The caller may be in a runtime already.
        let filled = thread::spawn(move || {
            let runtime = Runtime::new().expect("a runtime");
            let (limits, clock) = (PostgresLimits::default(), Arc::new(SystemClock));
            let opened = PostgresStore::open(&address, limits, clock);
            runtime.block_on(opened).map(drop)
        });
        let filled = filled.join().expect("no panic");
        filled.expect("a database with tables");
    }

    /// Where it is.
    pub fn address(&self) -> PostgresAddress {
        PostgresAddress {
            host: Host::Socket(self.server.folder.clone()),
            port: self.server.port,
            user: Some(USER.to_owned()),
            password: None,
            database: self.name.clone(),
            encryption: Encryption::Disable,
            root_certificate: None,
            max_age: None,
        }
    }

    /// Where it is, as a setting, in a form that sqlx reads as well.
    pub fn url(&self) -> String {
        let folder = self.server.folder.to_string_lossy().replace('/', "%2F");
        format!("postgres://{USER}@{folder}/{}", self.name)
    }

    /// The server it is on.
    pub fn server(&self) -> &'static PostgresServer {
        self.server
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the server answers to `statement`: a line a row.
    ///
    /// # Panics
    ///
    /// When it refuses.
    pub fn query(&self, statement: &str) -> String {
        self.server.query(&self.name, statement)
    }

    /// Changes how sessions in it begin, and ends those there are.
    ///
    /// # Panics
    ///
    /// When the server refuses.
    pub fn begins_anew(&self, with: &str) {
        let Self { server, name } = self;
        server.query("postgres", &format!("ALTER DATABASE {name} SET {with}"));
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname";
        server.query("postgres", &format!("{end} = '{name}'"));
    }

    /// Asks what takes a while, in a thread of its own.
    ///
    /// # Panics
    ///
    /// The thread, when the server refuses.
    pub fn query_beside(&self, statement: &'static str) -> JoinHandle<String> {
        let (server, name) = (self.server, self.name.clone());
        thread::spawn(move || server.query(&name, statement))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server may be away, and one panic is enough.
        if thread::panicking() {
            return;
        }
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        self.server.query("postgres", &drop);
    }
}
