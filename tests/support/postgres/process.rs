//! The programs of a `PostgreSQL` server: where they are, and how they are run.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Whom the server runs as when the tests run as root: it refuses to be root itself.
const NOBODY: u32 = 65534;

/// A new folder that belongs to whom the server runs as. Its name is short, for a socket's
/// may not be long.
pub(super) fn folder() -> PathBuf {
    let folder = tempfile::Builder::new()
        .prefix("backbeat-postgres-")
        .tempdir_in("/tmp")
        .expect("a folder for the server")
        .keep();
    give_away(&folder);
    folder
}

/// Writes a file that nobody reads but whom the server runs as: it takes no other for a key.
pub(super) fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("a file for the server");
    fs::set_permissions(path, Permissions::from_mode(0o600)).expect("a file of our own");
    give_away(path);
}

/// Lets `path` belong to whom the server runs as.
pub(super) fn give_away(path: &Path) {
    if is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("a path for nobody");
    }
}

/// Where the newest server on this machine has its programs.
pub(super) fn programs() -> PathBuf {
    let is_there = |folder: &PathBuf| folder.join("initdb").exists();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).find(is_there);
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<_> = debian
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(is_there)
        .collect();
    versions.sort();
    versions.pop().or(in_path).expect(
        "no PostgreSQL server on this machine; tests/run installs one, or install Debian's package postgresql",
    )
}

/// The version of the server, as in 15 for 15.3.
pub(super) fn version(programs: &Path) -> u32 {
    let output = Command::new(programs.join("initdb"))
        .arg("--version")
        .output();
    let said = String::from_utf8(output.expect("initdb starts").stdout).unwrap_or_default();
    let digits = |each: char| each.is_ascii_digit();
    let number = said.trim_start_matches(|each| !digits(each));
    let end = number.find(|each| !digits(each)).unwrap_or(number.len());
    number[..end].parse().expect("a version")
}

/// Stops the server in `folder` and removes the folder when nobody holds its input any more.
pub(super) fn keeper(programs: &Path, folder: &Path) -> Child {
    let script = r#"trap "" INT TERM HUP; cat >/dev/null; "$1" stop -s -m immediate -D "$2/data"; rm -rf "$2""#;
    as_nobody(Path::new("/bin/sh"))
        .args(["-c", script, "keeper"])
        .arg(programs.join("pg_ctl"))
        .arg(folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the keeper of the server starts")
}

pub(super) fn as_nobody(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command
        .args([
            "--reuid",
            &NOBODY.to_string(),
            "--regid",
            &NOBODY.to_string(),
        ])
        .args(["--clear-groups", "--"])
        .arg(program);
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
