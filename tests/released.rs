//! Two adjacent versions run together: what one has written the other reads.
//!
//! `released/` keeps samples of every form that was ever released, in a folder for each
//! version that changed one: messages on Redis, and the rows of both stores. All of them are
//! read by today's code, and what today's code writes is the newest of them.
//!
//! Who changes a form on purpose, so that the version before can still read it, adds a folder
//! beside the others: `RELEASED=0.2.0 cargo test -p tests --test main released` writes it.

mod messages;
mod migrations;
mod postgres;
mod rows;
mod sqlite;

use std::env;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// Where the samples are.
fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "released"].iter().collect()
}

/// The sample of this name of each version, the oldest first.
fn samples(name: &str) -> Vec<(String, Value)> {
    let mut versions: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|entry| folder().join(entry).join(name).exists())
        .collect();
    versions.sort_by_key(|version| {
        let numbers = version.split('.').map(str::parse::<u32>);
        numbers.collect::<Result<Vec<u32>, _>>().unwrap()
    });
    let read = |version: String| {
        let text = fs::read_to_string(folder().join(&version).join(name)).unwrap();
        (version, serde_json::from_str(&text).unwrap())
    };
    versions.into_iter().map(read).collect()
}

/// Compares what is written today with the newest sample, in what `matters` of both; or writes
/// it as a new one.
fn is_the_newest(name: &str, today: &Value, matters: impl Fn(&Value) -> Value) {
    if let Ok(version) = env::var("RELEASED") {
        let folder = folder().join(version);
        fs::create_dir_all(&folder).unwrap();
        let text = serde_json::to_string_pretty(today).unwrap() + "\n";
        return fs::write(folder.join(name), text).unwrap();
    }
    let (version, newest) = samples(name).pop().expect("a sample");
    assert_eq!(
        matters(today),
        matters(&newest),
        "what is written is not what version {version} wrote ({name}): the version before must be able to read it, \
         and then it is a new sample, see tests/released.rs"
    );
}
