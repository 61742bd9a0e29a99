//! When intervals on a clock on the wall are due.

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn aligned(seconds: f64, zone: Tz) -> Aligned {
    let interval = Interval::from_seconds(seconds).expect("an interval");
    Aligned::new(interval, zone).expect("whole")
}

/// The rows are those of Celery's own answers for entries with `relative`.
#[test]
fn it_is_due_when_celery_says_so() {
    let anchor = at("2026-03-10T10:20:07.5Z");
    for (seconds, zone, after, next) in [
        (
            3600.0,
            Tz::UTC,
            "2026-03-10T10:20:07.5Z",
            "2026-03-10T11:00:00Z",
        ),
        (
            3600.0,
            Tz::UTC,
            "2026-03-10T11:00:00Z",
            "2026-03-10T12:00:00Z",
        ),
        (
            86_400.0,
            Tz::UTC,
            "2026-03-10T10:20:07.5Z",
            "2026-03-11T00:00:00Z",
        ),
        (
            86_400.0,
            Tz::Europe__Prague,
            "2026-03-10T10:20:07.5Z",
            "2026-03-10T23:00:00Z",
        ),
        (
            172_800.0,
            Tz::UTC,
            "2026-03-12T00:00:00Z",
            "2026-03-14T00:00:00Z",
        ),
        (
            300.0,
            Tz::UTC,
            "2026-03-10T10:20:07.5Z",
            "2026-03-10T10:25:00Z",
        ),
        (
            30.0,
            Tz::UTC,
            "2026-03-10T10:20:07.5Z",
            "2026-03-10T10:20:37Z",
        ),
        (
            3600.0,
            Tz::Asia__Kolkata,
            "2026-03-10T10:20:07.5Z",
            "2026-03-10T10:30:00Z",
        ),
        // A day of 23 hours.
        (
            86_400.0,
            Tz::Europe__Prague,
            "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z",
        ),
    ] {
        let found = aligned(seconds, zone).next_after(anchor, at(after));

        assert_eq!(
            found,
            Some(at(next)),
            "every {seconds} s in {zone} after {after}"
        );
    }
}

#[test]
fn a_span_of_days_ends_with_the_last_that_has_begun() {
    let daily = aligned(86_400.0, Tz::Europe__Prague);
    let first = at("2026-03-27T23:00:00Z");
    for (end, before_last, last, count) in [
        (
            "2026-03-27T23:00:00Z",
            "2026-03-27T23:00:00Z",
            "2026-03-27T23:00:00Z",
            1,
        ),
        (
            "2026-03-29T21:59:59Z",
            "2026-03-27T23:00:00Z",
            "2026-03-28T23:00:00Z",
            2,
        ),
        (
            "2026-03-29T22:00:00Z",
            "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z",
            3,
        ),
    ] {
        let expected = Span {
            before_last: at(before_last),
            last: at(last),
            count,
        };
        assert_eq!(daily.span(first, at(end)), expected, "until {end}");
    }
}

#[test]
fn what_is_no_whole_number_of_its_unit_is_refused() {
    for seconds in [0.5, 90.0, 5400.0, 129_600.0] {
        let interval = Interval::from_seconds(seconds).expect("an interval");
        assert_eq!(
            Aligned::new(interval, Tz::UTC),
            Err(NotWholeError),
            "{seconds}"
        );
    }
}
