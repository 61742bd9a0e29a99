//! Servers on loopback, and programs that are told of them by a URL alone.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use adapters::postgres::PostgresAddress;
use bins::settings;
use tempfile::TempDir;
use tests::postgres::{Database, PostgresServer};
use tests::program::{Ended, Program, command};
use tests::scripted_smtp::Authority;

/// What the user of all tests logs in with, and how a URL writes it.
const PASSWORD: &str = "p@ss/w:rd?#%";
const ENCODED: &str = "p%40ss%2Fw%3Ard%3F%23%25";
/// Less than a server is waited for that is not there.
pub(super) const PROMPTLY: Duration = Duration::from_secs(25);

/// Who signed the certificate of [`encrypted`], and a file that says so.
struct Trust {
    server: &'static PostgresServer,
    authority: PathBuf,
}

fn trust() -> &'static Trust {
    static TRUST: OnceLock<Trust> = OnceLock::new();
    TRUST.get_or_init(|| {
        let authority = Authority::new();
        let server = encrypted_by(&authority.certificate("localhost"));
        let authority = file_of(&authority.pem(), server);
        Trust { server, authority }
    })
}

/// The server that takes encrypted sessions only, as the host `localhost`.
pub(super) fn encrypted() -> &'static PostgresServer {
    trust().server
}

/// The file with the certificate of who signed for [`encrypted`].
pub(super) fn authority() -> String {
    trust().authority.display().to_string()
}

/// The file with the certificate of an authority that signed for nobody.
pub(super) fn stranger() -> String {
    let file = file_of(&Authority::new().pem(), encrypted());
    file.display().to_string()
}

/// A server of one's own that takes encrypted sessions only, with this certificate and key.
pub(super) fn encrypted_by(certificate: &(String, String)) -> &'static PostgresServer {
    with_password(PostgresServer::encrypted(certificate))
}

/// The server that cannot encrypt.
pub(super) fn in_clear() -> &'static PostgresServer {
    static SERVER: OnceLock<&'static PostgresServer> = OnceLock::new();
    SERVER.get_or_init(|| with_password(PostgresServer::in_clear()))
}

fn with_password(server: &'static PostgresServer) -> &'static PostgresServer {
    let set = format!("ALTER ROLE backbeat PASSWORD '{PASSWORD}'");
    server.query("postgres", &set);
    server
}

/// A file with this certificate in the folder of `server`, which goes with it.
pub(super) fn file_of(pem: &str, server: &PostgresServer) -> PathBuf {
    let mut made = tempfile::Builder::new();
    let file = made.suffix(".pem").tempfile_in(server.folder()).unwrap();
    fs::write(&file, pem).unwrap();
    file.into_temp_path().keep().unwrap()
}

/// The URL of `database` over the network, with this host and what follows the name.
pub(super) fn url(database: &Database, host: &str, query: &str) -> String {
    let (port, name) = (database.server().port(), database.name());
    format!("postgres://backbeat:{ENCODED}@{host}:{port}/{name}{query}")
}

/// Where a URL leads.
pub(super) fn address(url: &str) -> PostgresAddress {
    match url.parse() {
        Ok(settings::Database::Postgres(address)) => *address,
        other => panic!("{url}: {other:?}"),
    }
}

/// How `backbeat migrate` ends, which it does promptly, in a folder whose `.env` names the
/// database.
pub(super) fn migrate(url: &str) -> Ended {
    migrate_with(url, &[])
}

/// The same with these variables.
pub(super) fn migrate_with(url: &str, variables: &[(&str, &str)]) -> Ended {
    let folder = TempDir::new().unwrap();
    let secret = "5".repeat(32);
    let lines = format!("SECRET_KEY={secret}\nDATABASE_URL={url}\n");
    fs::write(folder.path().join(".env"), lines).unwrap();
    let mut how = command("backbeat", folder.path());
    how.arg("migrate").envs(variables.iter().copied());
    let start = Instant::now();
    let ended = Program::start(how).ended();
    let took = start.elapsed();
    assert!(took < PROMPTLY, "{url}: {took:?}, {}", ended.errors);
    ended
}

/// Asserts that the program makes the tables there.
pub(super) fn assert_ready(ended: &Ended, why: &str) {
    assert!(ended.status.success(), "{why}: {}", ended.errors);
    assert!(ended.output.contains("is ready"), "{why}: {}", ended.output);
    assert_eq!(ended.errors, "", "{why}");
}

/// Asserts that the program says why not, with all of these `words`, in a line and without the
/// password.
pub(super) fn assert_refused(url: &str, words: &[&str]) {
    let Ended { status, errors, .. } = migrate(url);

    assert_eq!(status.code(), Some(1), "{url}: {errors}");
    assert_eq!(errors.lines().count(), 1, "{url}: {errors}");
    for words in words {
        assert!(errors.contains(words), "{url}: no {words} in {errors}");
    }
    for secret in [PASSWORD, ENCODED, "hunter2"] {
        assert!(!errors.contains(secret), "{url}: {errors}");
    }
}
