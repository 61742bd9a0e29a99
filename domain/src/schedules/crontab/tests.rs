//! When crontabs are due: as measured on Celery 5.7, and where clocks are put forward and back.

use super::*;

/// Zone, crontab, an instant, and the first instants after it at which it is due.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

fn assert_due(rows: &[Row]) {
    for (zone, text, after, due) in rows {
        let zone: Tz = zone.parse().expect("a zone");
        let crontab = Crontab::parse(text, zone).expect("a crontab");
        let mut instant = at(after);
        for expected in *due {
            let next = crontab.next_after(instant).expect("it is due again");

            assert_eq!(next, at(expected), "{crontab} after {instant}");
            instant = next;
        }
    }
}

fn at(text: &str) -> DateTime<Utc> {
    let instant = format!("{text}Z").parse();
    instant.expect("an instant")
}

#[test]
fn it_is_due_when_celery_says() {
    assert_due(&[
        (
            "UTC",
            "*/15 * * * *",
            "2026-03-10T10:00:05",
            &["2026-03-10T10:15:00"],
        ),
        (
            "UTC",
            "30 8-10 * * *",
            "2026-03-10T10:30:00",
            &["2026-03-11T08:30:00"],
        ),
        (
            "UTC",
            "0 0 * * 0",
            "2026-03-10T10:30:00",
            &["2026-03-15T00:00:00", "2026-03-22T00:00:00"],
        ),
        // The day must be right both in the month and in the week.
        (
            "UTC",
            "0 0 1-7 * mon",
            "2026-03-10T10:30:00",
            &["2026-04-06T00:00:00", "2026-05-04T00:00:00"],
        ),
        (
            "UTC",
            "0 0 31 * *",
            "2026-03-31T00:00:00",
            &["2026-05-31T00:00:00", "2026-07-31T00:00:00"],
        ),
        (
            "UTC",
            "0 0 29 2 *",
            "2026-03-01T00:00:00",
            &["2028-02-29T00:00:00", "2032-02-29T00:00:00"],
        ),
        (
            "Europe/Prague",
            "0 9 * * *",
            "2026-03-28T08:00:00",
            &["2026-03-29T07:00:00", "2026-03-30T07:00:00"],
        ),
        (
            "Europe/Prague",
            "30 2 * * *",
            "2026-10-24T00:30:00",
            &["2026-10-25T00:30:00", "2026-10-26T01:30:00"],
        ),
        (
            "Europe/Prague",
            "30 2 * * *",
            "2026-10-25T00:30:01",
            &["2026-10-26T01:30:00"],
        ),
        (
            "Europe/Prague",
            "*/30 * * * *",
            "2026-03-29T00:30:00",
            &["2026-03-29T01:00:00", "2026-03-29T01:30:00"],
        ),
    ]);
}

#[test]
fn a_skipped_hour_is_due_at_its_end_and_a_doubled_one_at_its_first_pass() {
    assert_due(&[
        // From 02:00 to 03:00 at 01:00 UTC, and from 03:00 to 02:00 at 01:00 UTC.
        (
            "Europe/Berlin",
            "30 2 * * *",
            "2026-03-28T12:00:00",
            &["2026-03-29T01:00:00", "2026-03-30T00:30:00"],
        ),
        (
            "Europe/Berlin",
            "0,30 2,3 * * *",
            "2026-03-29T00:00:00",
            &[
                "2026-03-29T01:00:00",
                "2026-03-29T01:30:00",
                "2026-03-30T00:00:00",
            ],
        ),
        (
            "Europe/Berlin",
            "0 9 * * *",
            "2026-03-28T12:00:00",
            &["2026-03-29T07:00:00"],
        ),
        (
            "Europe/Berlin",
            "30 2 * * *",
            "2026-10-24T12:00:00",
            &["2026-10-25T00:30:00", "2026-10-26T01:30:00"],
        ),
        (
            "Europe/Berlin",
            "*/30 2 * * *",
            "2026-10-24T12:00:00",
            &[
                "2026-10-25T00:00:00",
                "2026-10-25T00:30:00",
                "2026-10-26T01:00:00",
            ],
        ),
        (
            "Europe/Berlin",
            "30 2 * * *",
            "2026-10-25T01:10:00",
            &["2026-10-26T01:30:00"],
        ),
        // From 02:00 to 03:00 at 07:00 UTC, and from 02:00 to 01:00 at 06:00 UTC.
        (
            "America/New_York",
            "30 2 * * *",
            "2026-03-07T12:00:00",
            &["2026-03-08T07:00:00", "2026-03-09T06:30:00"],
        ),
        (
            "America/New_York",
            "30 1 * * *",
            "2026-10-31T12:00:00",
            &["2026-11-01T05:30:00", "2026-11-02T06:30:00"],
        ),
        // From 02:00 to 02:30 at 15:30 UTC, and from 02:00 to 01:30 at 15:00 UTC.
        (
            "Australia/Lord_Howe",
            "15 2 * * *",
            "2026-10-03T00:00:00",
            &["2026-10-03T15:30:00", "2026-10-04T15:15:00"],
        ),
        (
            "Australia/Lord_Howe",
            "45 1 * * *",
            "2026-04-04T00:00:00",
            &["2026-04-04T14:45:00", "2026-04-05T15:15:00"],
        ),
    ]);
}

#[test]
fn every_hour_is_due_whenever_the_clock_shows_it() {
    assert_due(&[
        (
            "Europe/Berlin",
            "*/30 * * * *",
            "2026-03-29T00:00:00",
            &[
                "2026-03-29T00:30:00",
                "2026-03-29T01:00:00",
                "2026-03-29T01:30:00",
            ],
        ),
        (
            "Europe/Berlin",
            "*/30 * * * *",
            "2026-10-25T00:00:00",
            &[
                "2026-10-25T00:30:00",
                "2026-10-25T01:00:00",
                "2026-10-25T01:30:00",
                "2026-10-25T02:00:00",
            ],
        ),
        (
            "Europe/Berlin",
            "0 0-23 * * *",
            "2026-10-24T23:30:00",
            &[
                "2026-10-25T00:00:00",
                "2026-10-25T01:00:00",
                "2026-10-25T02:00:00",
            ],
        ),
        (
            "America/New_York",
            "15 * * * *",
            "2026-03-08T06:00:00",
            &[
                "2026-03-08T06:15:00",
                "2026-03-08T07:15:00",
                "2026-03-08T08:15:00",
            ],
        ),
        (
            "America/New_York",
            "15 * * * *",
            "2026-11-01T05:00:00",
            &[
                "2026-11-01T05:15:00",
                "2026-11-01T06:15:00",
                "2026-11-01T07:15:00",
            ],
        ),
        (
            "Australia/Lord_Howe",
            "0 * * * *",
            "2026-10-03T14:00:00",
            &[
                "2026-10-03T14:30:00",
                "2026-10-03T16:00:00",
                "2026-10-03T17:00:00",
            ],
        ),
        (
            "Australia/Lord_Howe",
            "45 * * * *",
            "2026-04-04T14:00:00",
            &[
                "2026-04-04T14:45:00",
                "2026-04-04T15:15:00",
                "2026-04-04T16:15:00",
            ],
        ),
    ]);
}

#[test]
fn everything_that_is_wrong_is_said() {
    let errors = |text: &str| -> Vec<String> {
        let errors = Crontab::parse(text, Tz::UTC).expect_err(text);
        errors.iter().map(ToString::to_string).collect()
    };

    assert_eq!(
        errors("* *"),
        ["must have five fields (minute hour day_of_month month_of_year day_of_week), not 2"]
    );
    assert_eq!(
        errors("61 * * * 7"),
        [
            "minute may be from 0 to 59, not 61",
            "day_of_week may be from 0 to 6, not 7 (Sunday is 0)"
        ]
    );
    for impossible in ["0 0 30 2 *", "0 0 30,31 feb *", "0 0 31 apr,jun,sep,nov *"] {
        assert!(errors(impossible)[0].contains("that no calendar has"));
    }
    assert!(Crontab::parse("0 0 29 2 mon", Tz::UTC).is_ok());
}
