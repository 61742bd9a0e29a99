//! `.env.example`: every setting, explained, with its default.

use std::collections::BTreeSet;

use bins::settings::{Settings, Sources, dotenv};

use super::{defaults, from_environment};

const EXAMPLE: &str = include_str!("../../.env.example");

/// The lines `# NAME=value` of the example, uncommented.
fn documented() -> Vec<(&'static str, &'static str)> {
    let is_name = |it: &str| it.chars().all(|it| it.is_ascii_uppercase() || it == '_');
    EXAMPLE
        .lines()
        .filter_map(|line| line.strip_prefix("# ")?.split_once('='))
        .filter(|(name, _)| is_name(name))
        .collect()
}

#[test]
fn the_example_names_every_setting_once_and_no_other() {
    let documented: Vec<_> = documented().into_iter().map(|(name, _)| name).collect();

    let once: BTreeSet<_> = documented.iter().copied().collect();
    assert_eq!(once, Settings::names().into_iter().collect());
    assert_eq!(once.len(), documented.len());
}

#[test]
fn the_example_uncommented_is_valid() {
    let lines: Vec<_> = documented()
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let sources = Sources::default().with_dotenv(lines.join("\n"));

    let settings = Settings::from_sources(&sources).expect("the example is valid");

    assert_eq!(settings.warnings, []);
}

#[test]
fn the_example_as_it_stands_sets_nothing() {
    let read = dotenv::parse(EXAMPLE.as_bytes()).expect("UTF-8");

    assert_eq!((read.entries, read.warnings), (vec![], vec![]));
}

#[test]
fn the_example_tells_the_defaults() {
    let without_default = ["PUBLIC_URL", "SECRET_KEY", "SHUTDOWN_GRACE", "RUST_LOG"];
    let pairs: Vec<_> = documented()
        .into_iter()
        .filter(|(name, _)| !without_default.contains(name))
        .collect();

    assert_eq!(from_environment(&pairs), Ok(defaults()));
}
