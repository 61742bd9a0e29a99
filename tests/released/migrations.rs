//! Migrations that were released: databases remember their digests and refuse any other.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType};

use super::folder;

/// The digest of each migration as databases remember it, a line for each file.
fn digests() -> Vec<String> {
    let migrations: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "adapters", "migrations"]
        .iter()
        .collect();
    let mut digests = Vec::new();
    for store in ["postgres", "sqlite"] {
        for entry in fs::read_dir(migrations.join(store)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let sql = fs::read_to_string(&path).unwrap();
            digests.push(format!("{store}/{name} {}", digest(sql)));
        }
    }
    digests.sort();
    digests
}

fn digest(sql: String) -> String {
    let sql = sqlx::AssertSqlSafe(sql).into_sql_str();
    let migration = Migration::new(1, "one".into(), MigrationType::Simple, sql, false);
    let mut digest = String::new();
    for byte in migration.checksum.iter() {
        write!(digest, "{byte:02x}").unwrap();
    }
    digest
}

#[test]
fn a_migration_that_was_released_never_changes() {
    let released = fs::read_to_string(folder().join("migrations.txt")).unwrap();
    let released: Vec<&str> = released.lines().collect();
    let digests = digests();

    for line in &released {
        let (name, _) = line.split_once(' ').unwrap();
        assert!(
            digests.iter().any(|digest| digest == line),
            "{name} was released and has changed or is gone: databases that know it would refuse to open; \
             leave it as it was and add a new migration beside it"
        );
    }
    for digest in &digests {
        assert!(
            released.contains(&digest.as_str()),
            "a migration is new: from its release on it never changes, so add this line to tests/released/migrations.txt: {digest}"
        );
    }
}
