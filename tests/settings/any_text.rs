//! Whatever text comes: it is read, refused or reported, and nothing panics.

use std::time::Duration;

use bins::settings::dotenv::{self, Slip};
use bins::settings::values::duration;
use bins::settings::{Database, LogFilter, MailTo, PublicUrl, Sender, Settings, Sources};
use proptest::prelude::*;

proptest! {
    // What was found is told by the failing test; nothing is written into the tree.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_line_of_dotenv_comes_back_as_it_was_written(
        name in "[A-Za-z_][A-Za-z_0-9]{0,20}",
        value in "([^\r\n'\"][^\r\n]{0,60})?",
    ) {
        let read = dotenv::parse(format!("{name}={value}\n").as_bytes()).expect("UTF-8");

        let entries: Vec<_> = read.entries.iter().map(|it| (it.line, &it.name, &it.value)).collect();
        prop_assert_eq!(entries, [(1, &name, &value)]);
        prop_assert!(read.warnings.is_empty());
    }

    #[test]
    fn single_quotes_keep_everything(value in "[^\r\n]{0,60}") {
        let read = dotenv::parse(format!("A='{value}'").as_bytes()).expect("UTF-8");

        prop_assert_eq!(&read.entries[0].value, &value);
    }

    #[test]
    fn every_line_of_dotenv_is_read_passed_over_or_reported(lines in prop::collection::vec("[^\n]{0,30}", 0..8)) {
        let read = dotenv::parse(lines.join("\n").as_bytes()).expect("UTF-8");

        let skipped = read.warnings.iter().filter(|it| it.slip == Slip::NotAnAssignment).count();
        let passed_over = |it: &&String| it.trim().is_empty() || it.trim_start().starts_with('#');
        let first_is_marked = lines.first().is_some_and(|it| it.starts_with('\u{feff}'));
        prop_assume!(!first_is_marked);
        prop_assert_eq!(read.entries.len() + skipped + lines.iter().filter(passed_over).count(), lines.len());
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in ".{0,80}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let durations = duration(Duration::ZERO..=Duration::MAX);
        for text in [text.clone(), format!("sqlite://{text}"), format!("filemail://{text}"), format!("smtp+tls://{text}"), format!("smtps://u:p@{text}"), format!("{text}://")] {
            let _ = text.parse::<Database>();
            let _ = text.parse::<MailTo>();
            let _ = text.parse::<PublicUrl>();
            let _ = text.parse::<Sender>();
            let _ = text.parse::<LogFilter>();
            let _ = durations(&text);
        }
        let _ = dotenv::parse(&bytes);
        let _ = dotenv::parse(format!("A=\"{text}\nB='{text}").as_bytes());
        let _ = Settings::from_sources(&Sources::default().with_dotenv(bytes.clone()).with_toml(bytes));
        let _ = Settings::from_sources(&Sources::default().with_toml(text));
    }

    #[test]
    fn what_looks_like_a_duration_is_one_or_is_refused(text in "[0-9.]{0,12}[a-z ]{0,4}[0-9]{0,12}(ns|us|ms|s|m|min|h|d|w|y|)") {
        let most = Duration::from_hours(24);

        if let Ok(read) = duration(Duration::ZERO..=most)(&text) {
            prop_assert!(read <= most);
        }
    }

    #[test]
    fn a_sqlite_path_is_what_was_percent_encoded(path in "[^/\\p{Cc}][^\\p{Cc}]{0,40}") {
        prop_assume!(path != ":memory:");
        let encoded = path.bytes().fold(String::new(), |encoded, it| format!("{encoded}%{it:02X}"));

        let relative = format!("sqlite:///{encoded}").parse();
        let absolute = format!("sqlite:////{encoded}").parse();

        prop_assert_eq!(relative, Ok(Database::Sqlite(path.clone().into())));
        prop_assert_eq!(absolute, Ok(Database::Sqlite(format!("/{path}").into())));
    }
}
