//! Whatever the schedule, the zone and the day: it is due when a clock on the wall says so.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use domain::schedules::{Crontab, Field, Fields, Interval, Schedule};
use proptest::prelude::*;
use proptest::sample::select;

const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// The days of 2026 around which clocks are put forward or back.
const CHANGES: [(Tz, &str); 6] = [
    (Tz::Europe__Berlin, "2026-03-28T00:00:00Z"),
    (Tz::Europe__Berlin, "2026-10-24T00:00:00Z"),
    (Tz::America__New_York, "2026-03-07T00:00:00Z"),
    (Tz::America__New_York, "2026-10-31T00:00:00Z"),
    (Tz::Australia__Lord_Howe, "2026-10-03T00:00:00Z"),
    (Tz::Australia__Lord_Howe, "2026-04-04T00:00:00Z"),
];

fn fields() -> impl Strategy<Value = Fields> {
    let field = |texts: &'static [&'static str]| select(texts).prop_map(str::to_owned);
    (
        field(&["*", "0", "30", "*/15", "50-10/5", "7,45"]),
        field(&["*", "2", "1-3", "0,2", "*/2", "23-1", "0-23"]),
        field(&["*", "*/2", "1-7", "20-31", "25"]),
        field(&["*", "mar,apr", "10,11"]),
        field(&["*", "sun", "fri-mon", "1-5"]),
    )
        .prop_map(|(minute, hour, day, month, weekday)| [minute, hour, day, month, weekday])
}

/// What five fields ask for.
struct Asked([BTreeSet<u32>; 5]);

impl Asked {
    fn of(fields: &Fields) -> Self {
        let mut texts = fields.iter();
        Self(Field::ALL.map(|field| field.numbers(texts.next().unwrap()).unwrap()))
    }

    fn is_shown(&self, wall: NaiveDateTime) -> bool {
        let shown = [
            wall.minute(),
            wall.hour(),
            wall.day(),
            wall.month(),
            wall.weekday().num_days_from_sunday(),
        ];
        self.0
            .iter()
            .zip(shown)
            .all(|(asked, it)| asked.contains(&it))
    }

    /// When this is due within `days` days after `start`, found by looking at the clock each minute.
    fn watched(&self, zone: Tz, start: DateTime<Utc>, days: i64) -> Vec<DateTime<Utc>> {
        let every_hour = self.0[1].len() == 24;
        let wall = |instant: DateTime<Utc>| instant.with_timezone(&zone).naive_local();
        // Far enough back to know what was shown before.
        let mut instant = start - TimeDelta::days(1);
        let mut latest = wall(instant);
        let mut due = Vec::new();
        while instant < start + TimeDelta::days(days) {
            instant += MINUTE;
            let mut is_due = every_hour && self.is_shown(wall(instant));
            while latest < wall(instant) {
                latest += MINUTE;
                is_due |= !every_hour && self.is_shown(latest);
            }
            if is_due && start < instant {
                due.push(instant);
            }
        }
        due
    }
}

fn in_order(schedule: &Schedule, anchor: DateTime<Utc>, end: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let next = |after: &DateTime<Utc>| schedule.next_after(anchor, *after);
    let due = std::iter::successors(next(&anchor), next);
    due.take_while(|due| *due <= end).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_crontab_is_due_when_the_clock_on_the_wall_says_so(
        fields in fields(), (zone, day) in select(&CHANGES), minutes in 0_i64..1440,
    ) {
        let start = day.parse::<DateTime<Utc>>().unwrap() + MINUTE * i32::try_from(minutes).unwrap();
        let asked = Asked::of(&fields);
        let crontab = Schedule::Crontab(Crontab::new(fields, zone).unwrap());

        let due = in_order(&crontab, start, start + TimeDelta::days(3));

        prop_assert_eq!(due, asked.watched(zone, start, 3), "{}", crontab);
    }

    #[test]
    fn a_daily_entry_is_due_once_on_every_day(
        (zone, _) in select(&CHANGES), hour in 0..24, minute in 0..60, day in 0..3650_u64,
    ) {
        let crontab = Crontab::parse(&format!("{minute} {hour} * * *"), zone).unwrap();
        let start = "2026-01-01T12:00:00Z".parse::<DateTime<Utc>>().unwrap() + Days::new(day);

        let due = in_order(&Schedule::Crontab(crontab), start, start + TimeDelta::days(400));

        let dates: Vec<_> = due.iter().map(|due| due.with_timezone(&zone).date_naive()).collect();
        prop_assert!(399 <= dates.len());
        prop_assert!(dates.windows(2).all(|pair| pair[0] + Days::new(1) == pair[1]), "{:?}", dates);
    }

    #[test]
    fn what_is_due_next_comes_later(fields in fields(), (zone, day) in select(&CHANGES), micros in any::<u32>()) {
        let start = day.parse::<DateTime<Utc>>().unwrap() + TimeDelta::microseconds(i64::from(micros));
        let crontab = Schedule::Crontab(Crontab::new(fields, zone).unwrap());
        let mut last = start;
        for _ in 0..50 {
            let next = crontab.next_after(start, last).unwrap();
            prop_assert!(last < next, "{} after {}", next, last);
            last = next;
        }
    }

    #[test]
    fn an_interval_never_drifts(millis in 100_i64..10_000_000, late in prop::collection::vec(0_i64..1_000_000, 1..20)) {
        let length = TimeDelta::milliseconds(millis);
        let interval = Schedule::Interval(Interval::new(length).unwrap());
        let anchor = DateTime::UNIX_EPOCH;
        let mut now = anchor;
        for late in late {
            let due = interval.next_after(anchor, now).unwrap();
            prop_assert_eq!((due - anchor).num_milliseconds() % millis, 0);
            prop_assert!(now < due && due <= now + length);
            now = due + TimeDelta::microseconds(late);
        }
    }

    #[test]
    fn no_text_makes_a_crontab_panic(text in ".{0,40}", parts in prop::collection::vec("[0-9a-z*/,-]{0,6}", 5)) {
        let _ = Crontab::parse(&text, Tz::UTC);
        let _ = Crontab::parse(&parts.join(" "), Tz::UTC);
    }
}
