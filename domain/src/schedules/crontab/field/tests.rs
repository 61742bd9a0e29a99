//! What each text means, measured on Celery 5.7.

use super::*;

/// A text, and what it means in each field in the order of [`Field::ALL`]; "-" where it is refused.
const MEANINGS: [(&str, [&str; 5]); 26] = [
    ("*", ["0-59", "0-23", "1-31", "1-12", "0-6"]),
    (
        "*/7",
        [
            "0 7 14 21 28 35 42 49 56",
            "0 7 14 21",
            "1 8 15 22 29",
            "1 8",
            "0",
        ],
    ),
    (
        "*/2",
        [
            "0 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 32 34 36 38 40 42 44 46 48 50 52 54 56 58",
            "0 2 4 6 8 10 12 14 16 18 20 22",
            "1 3 5 7 9 11 13 15 17 19 21 23 25 27 29 31",
            "1 3 5 7 9 11",
            "0 2 4 6",
        ],
    ),
    ("3", ["3"; 5]),
    ("1,2", ["1-2"; 5]),
    ("1-3", ["1-3"; 5]),
    (
        "5-2",
        ["0-2 5-59", "0-2 5-23", "1-2 5-31", "1-2 5-12", "0-2 5-6"],
    ),
    ("1-6/2", ["1 3 5"; 5]),
    ("mon", ["1"; 5]),
    ("mon-fri", ["1-5"; 5]),
    ("sun", ["0", "0", "-", "-", "0"]),
    ("7", ["7", "7", "7", "7", "-"]),
    ("jan", ["1"; 5]),
    ("feb-apr", ["2-4"; 5]),
    ("SUNDAY", ["0", "0", "-", "-", "0"]),
    ("0", ["0", "0", "-", "-", "0"]),
    ("*/70", ["0", "0", "1", "1", "0"]),
    ("", ["-"; 5]),
    ("*/0", ["-"; 5]),
    ("60", ["-"; 5]),
    ("-1", ["-"; 5]),
    ("1-", ["-"; 5]),
    ("x", ["-"; 5]),
    ("2-6/", ["-"; 5]),
    // These were not measured, but follow from its code.
    (
        "fri-mon",
        ["0-1 5-59", "0-1 5-23", "1 5-31", "1 5-12", "0-1 5-6"],
    ),
    ("50-10/5", ["0 5 10 50 55", "-", "-", "-", "-"]),
];

#[test]
fn every_text_means_what_it_means_to_celery() {
    for (text, meanings) in MEANINGS {
        for (field, meaning) in Field::ALL.into_iter().zip(meanings) {
            let read = field.numbers(text).ok();

            assert_eq!(read, numbers(meaning), "{text} as {field}");
        }
    }
}

#[test]
fn what_is_refused_is_explained() {
    for (field, text, said) in [
        (
            Field::DayOfWeek,
            "7",
            "may be from 0 to 6, not 7 (Sunday is 0)",
        ),
        (Field::Hour, "24", "may be from 0 to 23, not 24"),
        (Field::Minute, "99999999999", "has \"99999999999\" in it"),
        (Field::Minute, "1,", "has an empty part"),
        (Field::Minute, "5/2", "has \"5/2\" in it"),
        (Field::DayOfWeek, "mon#1", "has \"mon#1\" in it"),
        (Field::DayOfMonth, "L", "has \"L\" in it"),
        (Field::Minute, "*/x", "has the step \"x\""),
    ] {
        let error = field.numbers(text).expect_err(text).to_string();

        assert!(error.starts_with(said), "{text}: {error}");
    }
}

/// The numbers that a meaning lists, ranges written out.
fn numbers(meaning: &str) -> Option<BTreeSet<u32>> {
    if meaning == "-" {
        return None;
    }
    let number = |text: &str| text.parse::<u32>().expect("a number");
    let ranges = meaning.split(' ').map(|part| match part.split_once('-') {
        Some((from, to)) => number(from)..=number(to),
        None => number(part)..=number(part),
    });
    Some(ranges.flatten().collect())
}
