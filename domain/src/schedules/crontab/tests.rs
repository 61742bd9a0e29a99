//! When crontabs are due, as measured on Celery 5.7.

mod clock_changes;

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
