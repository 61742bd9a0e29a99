//! What the documents say, as far as a machine can hold them to it.

use std::fs;
use std::path::PathBuf;

use super::{files, read, root};

/// The documents: their paths and texts.
fn documents() -> Vec<(PathBuf, String)> {
    let paths = files("docs", ".md")
        .into_iter()
        .chain([root().join("README.md")]);
    paths
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect()
}

/// What stands `like this` in a document.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    for (document, text) in documents() {
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = link.split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(
                document.parent().unwrap().join(target).exists(),
                "{}: {link}",
                document.display()
            );
        }
    }
}

/// `like this` with a slash and an ending of ours is a file.
#[test]
fn files_that_the_documents_name_exist() {
    for (document, text) in documents() {
        for name in quoted(&text) {
            let is_file = name.contains('/')
                && [".rs", ".md", ".toml", ".sql", ".txt", ".html"]
                    .iter()
                    .any(|ending| name.ends_with(ending));
            if is_file && !name.contains(['*', '<', '{', ' ']) {
                assert!(
                    root().join(name).exists(),
                    "{} names {name}",
                    document.display()
                );
            }
        }
    }
}

/// `a_module::a_sentence_in_words` is a test, in the file of its module or below it; one beside
/// the code has the file in front: `adapters/src/token.rs::a_sentence_in_words`.
#[test]
fn tests_that_the_documents_name_exist() {
    let mut named = 0;
    for (document, text) in documents() {
        for name in quoted(&text) {
            if let Some((file, sentence)) = test_named(name) {
                named += 1;
                assert!(
                    root().join(&file).exists() && read(&file).contains(&format!("fn {sentence}(")),
                    "{} names {name}, which is not in {file}",
                    document.display()
                );
            }
        }
    }
    assert_ne!(named, 0);
}

/// Each promise of the table has a test; that it exists is said above.
#[test]
fn every_promise_names_its_tests() {
    let text = read("docs/GUARANTEES.md");
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let promises = rows.filter(|row| !row.starts_with("| promise |"));
    let mut count = 0;
    for row in promises {
        count += 1;
        let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
        assert_eq!(cells.len(), 2, "{row}");
        let mut tests = quoted(cells[1]).map(test_named).peekable();
        assert!(
            tests.peek().is_some() && tests.all(|test| test.is_some()),
            "{row}"
        );
    }
    assert_ne!(count, 0);
}

/// What is said to be the same as in Celery, or better, is held against the real one; that the
/// test exists is said above.
#[test]
fn every_feature_of_celery_names_its_test() {
    let text = read("docs/CELERY.md");
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let mut count = 0;
    for row in rows.filter(|row| !row.starts_with("| feature |")) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
        if cells.len() == 3 {
            count += 1;
            assert!(
                quoted(cells[2]).any(|name| test_named(name).is_some()),
                "{row}"
            );
        }
    }
    assert_ne!(count, 0);
}

/// The file and the function of a test, if `name` is the name of one.
fn test_named(name: &str) -> Option<(String, &str)> {
    let (module, sentence) = name.rsplit_once("::")?;
    let is_of_a_sentence =
        |each: char| each == '_' || each.is_ascii_lowercase() || each.is_ascii_digit();
    if !sentence.contains('_') || !sentence.chars().all(is_of_a_sentence) {
        return None;
    }
    if module.contains('/') {
        return Some((module.to_owned(), sentence));
    }
    Some((format!("tests/{}.rs", module.replace("::", "/")), sentence))
}
