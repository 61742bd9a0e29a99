//! Instants as Python writes them: ISO 8601, with any offset or none.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc, Weekday};

/// The instant that `text` says; without an offset it is UTC, as Celery means it.
///
/// Extended and basic forms are read, weeks and days of the year too; a date alone is its
/// midnight, a week, month or year alone its first day's, and of a fraction what is finer than a
/// microsecond is dropped. `None` when it is no instant.
pub fn read_moment(text: &str) -> Option<DateTime<Utc>> {
    let mut rest = Rest(text.as_bytes());
    let date = date(&mut rest)?;
    let (time, offset) = if rest.is_over() {
        (TimeDelta::zero(), TimeDelta::zero())
    } else {
        if !(rest.eats(b'T') || rest.eats(b' ')) {
            return None;
        }
        (time(&mut rest)?, offset(&mut rest)?)
    };
    let midnight = date.and_time(NaiveTime::MIN).and_utc();
    let instant = midnight.checked_add_signed(time - offset);
    instant.filter(|_| rest.is_over())
}

/// `instant` as Python's `isoformat()` writes it; `None` beyond the years that Python knows.
pub fn write_moment(instant: DateTime<Utc>) -> Option<String> {
    let form = match instant.timestamp_subsec_micros() {
        0 => "%Y-%m-%dT%H:%M:%S+00:00",
        _ => "%Y-%m-%dT%H:%M:%S%.6f+00:00",
    };
    (1..=9999)
        .contains(&instant.year())
        .then(|| instant.format(form).to_string())
}

fn date(rest: &mut Rest<'_>) -> Option<NaiveDate> {
    let year = rest.number(4)?.try_into().ok()?;
    if rest.is_over() {
        return NaiveDate::from_yo_opt(year, 1);
    }
    let is_extended = rest.eats(b'-');
    if rest.eats(b'W') {
        return week(year, is_extended, rest);
    }
    if rest.digits() == 3 {
        return NaiveDate::from_yo_opt(year, rest.number(3)?);
    }
    let month = rest.number(2)?;
    if is_extended && rest.is_over() {
        return NaiveDate::from_ymd_opt(year, month, 1);
    }
    if is_extended && !rest.eats(b'-') {
        return None;
    }
    NaiveDate::from_ymd_opt(year, month, rest.number(2)?)
}

fn week(year: i32, is_extended: bool, rest: &mut Rest<'_>) -> Option<NaiveDate> {
    let week = rest.number(2)?;
    if rest.is_over() {
        return NaiveDate::from_isoywd_opt(year, week, Weekday::Mon);
    }
    if is_extended && !rest.eats(b'-') {
        return None;
    }
    let from_monday = u8::try_from(rest.digit()?.checked_sub(1)?).ok()?;
    NaiveDate::from_isoywd_opt(year, week, from_monday.try_into().ok()?)
}

/// How long after midnight it is; 24:00 is the end of the day.
fn time(rest: &mut Rest<'_>) -> Option<TimeDelta> {
    let hour = rest.number(2)?;
    let is_extended = rest.eats(b':');
    let minute = if is_extended || rest.has_digit() {
        rest.number(2)?
    } else {
        0
    };
    let has_second = if is_extended {
        rest.eats(b':')
    } else {
        rest.has_digit()
    };
    let second = if has_second { rest.number(2)? } else { 0 };
    let is_end = hour == 24;
    let mut time = NaiveTime::from_hms_opt(if is_end { 0 } else { hour }, minute, second)?;
    if has_second && (rest.eats(b'.') || rest.eats(b',')) {
        time = time.with_nanosecond(rest.fraction()? * 1000)?;
    }
    if is_end {
        return (time == NaiveTime::MIN).then(|| TimeDelta::days(1));
    }
    Some(time - NaiveTime::MIN)
}

fn offset(rest: &mut Rest<'_>) -> Option<TimeDelta> {
    if rest.is_over() || rest.eats(b'Z') || rest.eats(b'z') {
        return Some(TimeDelta::zero());
    }
    let sign = if rest.eats(b'+') {
        1
    } else if rest.eats(b'-') {
        -1
    } else {
        return None;
    };
    let mut seconds = 3600 * i64::from(rest.number(2)?);
    for unit in [60, 1] {
        if rest.is_over() {
            break;
        }
        rest.eats(b':');
        seconds += unit * i64::from(rest.number(2)?);
    }
    Some(TimeDelta::seconds(sign * seconds))
}

/// What has not been read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    fn has_digit(&self) -> bool {
        self.0.first().is_some_and(u8::is_ascii_digit)
    }

    /// How many digits come next.
    fn digits(&self) -> usize {
        self.0
            .iter()
            .take_while(|each| each.is_ascii_digit())
            .count()
    }

    fn eats(&mut self, expected: u8) -> bool {
        let is_there = self.0.first() == Some(&expected);
        if is_there {
            self.0 = &self.0[1..];
        }
        is_there
    }

    fn digit(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first()?;
        let digit = first.is_ascii_digit().then(|| u32::from(first - b'0'))?;
        self.0 = rest;
        Some(digit)
    }

    fn number(&mut self, digits: u32) -> Option<u32> {
        (0..digits).try_fold(0, |number, _| Some(number * 10 + self.digit()?))
    }

    /// The microseconds of a fraction of any length, from its first digit on.
    fn fraction(&mut self) -> Option<u32> {
        let mut microseconds = self.digit()? * 100_000;
        let mut unit = 10_000;
        while let Some(digit) = self.digit() {
            microseconds += digit * unit;
            unit /= 10;
        }
        Some(microseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_every_form_that_python_reads() {
        let table = [
            (
                "2026-11-22T13:28:31.631020+00:00",
                "2026-11-22T13:28:31.631020+00:00",
            ),
            ("2026-11-22T13:28:31Z", "2026-11-22T13:28:31+00:00"),
            ("2026-11-22T13:28:31", "2026-11-22T13:28:31+00:00"),
            ("2026-11-22 13:28", "2026-11-22T13:28:00+00:00"),
            ("2026-11-22", "2026-11-22T00:00:00+00:00"),
            ("20261122T132831,5+0530", "2026-11-22T07:58:31.500000+00:00"),
            (
                "2026-11-22T13:28:31.1234567-08",
                "2026-11-22T21:28:31.123456+00:00",
            ),
            ("2026-11-22T13+01:00", "2026-11-22T12:00:00+00:00"),
            ("1890-01-01T00:00:00+00:53:28", "1889-12-31T23:06:32+00:00"),
            ("2026-12-31T24:00:00.000Z", "2027-01-01T00:00:00+00:00"),
            ("2026", "2026-01-01T00:00:00+00:00"),
            ("2026-11", "2026-11-01T00:00:00+00:00"),
            ("2024-060T12:00", "2024-02-29T12:00:00+00:00"),
            ("2023060T12:00", "2023-03-01T12:00:00+00:00"),
            ("2026-W01", "2025-12-29T00:00:00+00:00"),
            ("2026-W53-7T12+01:00", "2027-01-03T11:00:00+00:00"),
            ("2026W017", "2026-01-04T00:00:00+00:00"),
        ];
        for (text, expected) in table {
            let instant = read_moment(text).expect(text);
            assert_eq!(write_moment(instant).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in [
            "",
            "tomorrow",
            "202611",
            "2026-",
            "2026-11-",
            "2026-366",
            "2026-000",
            "2026-W54",
            "2026-W01-0",
            "2026-W01-8",
            "2026-W011",
            "2026-11-22T24:01",
            "2026-11-22T24:00:00.1",
            "2026-13-01",
            "2026-02-30",
            "2026-1122",
            "2026-11-22X13:28",
            "2026-11-22T",
            "2026-11-22T25:00",
            "2026-11-22T13:28:31.",
            "2026-11-22T13:28:31+",
            "2026-11-22T13:28:31 ",
            "２026-11-22",
            "1e9",
        ] {
            assert_eq!(read_moment(text), None, "{text}");
        }
    }

    #[test]
    fn what_python_cannot_read_is_not_written() {
        assert_eq!(write_moment(DateTime::<Utc>::MAX_UTC), None);
        assert_eq!(write_moment(DateTime::<Utc>::MIN_UTC), None);
    }
}
