//! The rules of the house, as far as a machine can hold them.

mod documents;
mod secrets;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Every file below `folder` whose name ends in `ending`.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "no {ending} below {folder}");
    found
}

/// The names of all packages that `package` is built from.
fn built_from(package: &str) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--offline",
            "-p",
            package,
            "-e",
            "normal",
            "--prefix",
            "none",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        tree.status.success(),
        "{}",
        String::from_utf8_lossy(&tree.stderr)
    );
    let tree = String::from_utf8(tree.stdout).unwrap();
    tree.lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_domain_is_built_from_no_technology() {
    let packages = built_from("domain");
    let technology = [
        "tokio",
        "redis",
        "deadpool-redis",
        "sqlx",
        "sqlx-core",
        "libsqlite3-sys",
        "warp",
        "hyper",
        "lettre",
        "config",
        "rand",
        "getrandom",
        "tracing-subscriber",
    ];

    assert!(
        packages.contains("async-trait"),
        "the tree is read: {packages:?}"
    );
    for name in technology {
        assert!(!packages.contains(name), "the domain is built from {name}");
    }
}

#[test]
fn no_second_tls_stack_comes_in() {
    let packages = built_from("bins");

    for name in ["openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys"] {
        assert!(!packages.contains(name), "bins are built from {name}");
    }
}

#[test]
fn packages_depend_inwards_only() {
    let allowed = [
        ("domain", vec![]),
        ("adapters", vec!["domain"]),
        ("bins", vec!["adapters", "domain"]),
    ];
    for (package, allowed) in allowed {
        let manifest = read(&format!("{package}/Cargo.toml"));
        for other in ["domain", "adapters", "bins", "tests"] {
            let depends = manifest.lines().any(|line| {
                line.starts_with(&format!("{other}.workspace"))
                    || line.starts_with(&format!("{other} ="))
            });
            assert_eq!(depends, allowed.contains(&other), "{package} on {other}");
        }
    }
}

#[test]
fn adapters_never_see_each_other() {
    for path in files("adapters/src", ".rs") {
        let inside = path.strip_prefix(root().join("adapters/src")).unwrap();
        let first = inside
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_string_lossy();
        let module = first.trim_end_matches(".rs");
        // Unit tests may need a clock.
        if inside.to_string_lossy().contains("tests") {
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines() {
            let Some(used) = line.trim().split("crate::").nth(1) else {
                continue;
            };
            let used: String = used
                .chars()
                .take_while(|each| each.is_alphanumeric() || *each == '_')
                .collect();
            let is_shared = used == "sql" && ["postgres", "sqlite"].contains(&module);
            assert!(
                used == module || is_shared,
                "{} sees {used}",
                inside.display()
            );
        }
    }
}

#[test]
fn only_the_programs_read_the_environment() {
    for folder in ["domain/src", "adapters/src"] {
        for path in files(folder, ".rs") {
            let text = fs::read_to_string(&path).unwrap();
            assert!(
                !text.contains("env::var"),
                "{} reads the environment",
                path.display()
            );
        }
    }
}

#[test]
fn every_file_says_in_a_sentence_what_it_is() {
    for folder in ["domain", "adapters", "bins", "tests"] {
        for path in files(folder, ".rs") {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//! "), "{} does not", path.display());
        }
    }
}
