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

/// `a_module::a_sentence_in_words` is a test, in the file of its module or below it.
#[test]
fn tests_that_the_documents_name_exist() {
    let mut named = 0;
    for (document, text) in documents() {
        for name in quoted(&text) {
            let Some((module, sentence)) = name.rsplit_once("::") else {
                continue;
            };
            let is_sentence = sentence.contains('_')
                && sentence
                    .chars()
                    .all(|each| each == '_' || each.is_ascii_lowercase());
            if is_sentence {
                named += 1;
                let file = format!("tests/{}.rs", module.replace("::", "/"));
                assert!(
                    read(&file).contains(&format!("fn {sentence}(")),
                    "{} names {name}, which is not in {file}",
                    document.display()
                );
            }
        }
    }
    assert_ne!(named, 0);
}
