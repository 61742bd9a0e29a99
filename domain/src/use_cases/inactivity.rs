//! When an artist counts as quiet, and which reminder is theirs then.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use uuid::Uuid;

use crate::model::{ArtistId, MailKey, MailKind};
use crate::ports::QuietArtist;

/// What an operator decides about reminders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InactivityPolicy {
    /// How long an artist may be silent; who published exactly so long ago counts as active.
    pub after: TimeDelta,
    /// How long a window is: of each, an artist hears once at most. At least a second.
    pub remind_every: TimeDelta,
}

impl InactivityPolicy {
    /// Who is silent since before this instant is quiet at `as_of`.
    pub(super) fn quiet_before(&self, as_of: DateTime<Utc>) -> DateTime<Utc> {
        let before = as_of.checked_sub_signed(self.after);
        before.unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    /// The reminder that belongs to this silence at `as_of`.
    pub(super) fn reminder(&self, silence: QuietArtist, as_of: DateTime<Utc>) -> Reminder {
        let lasted = as_of.signed_duration_since(silence.since).num_seconds();
        Reminder {
            silence,
            window: lasted.div_euclid(self.remind_every.num_seconds().max(1)),
        }
    }
}

/// One reminder: an artist, the silence they are in, and the window of it.
///
/// As text it tells this reminder from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reminder {
    pub(super) silence: QuietArtist,
    window: i64,
}

impl Reminder {
    /// Where the causes of reminders live among all UUIDs (RFC 9562, 5.5).
    const NAMESPACE: Uuid = Uuid::from_u128(0x2f8d_5a0c_91e7_5b43_8c6e_d4a1_07b9_3e56);

    /// The mail that it is.
    pub(super) fn mail(&self) -> MailKey {
        MailKey {
            kind: MailKind::Reminder,
            cause: Uuid::new_v5(&Self::NAMESPACE, self.to_string().as_bytes()),
        }
    }

    /// Whom it is for.
    pub(super) fn artist(&self) -> ArtistId {
        self.silence.id
    }
}

impl fmt::Display for Reminder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let QuietArtist { id, since } = self.silence;
        let since = since.to_rfc3339_opts(SecondsFormat::Micros, true);
        write!(f, "{id}:{since}:{}", self.window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: DateTime<Utc> =
        DateTime::from_timestamp(1_767_268_800, 0).expect("an instant of 2026");

    fn silence() -> QuietArtist {
        QuietArtist {
            id: ArtistId::new(Uuid::from_u128(2)),
            since: SINCE,
        }
    }

    fn every(days: i64) -> InactivityPolicy {
        InactivityPolicy {
            after: TimeDelta::days(30),
            remind_every: TimeDelta::days(days),
        }
    }

    #[test]
    fn who_published_exactly_30_days_ago_is_not_quiet() {
        let microsecond = TimeDelta::microseconds(1);
        let is_quiet = |as_of| SINCE < every(30).quiet_before(as_of);

        assert!(!is_quiet(SINCE + TimeDelta::days(30)));
        assert!(is_quiet(SINCE + TimeDelta::days(30) + microsecond));
        assert!(!is_quiet(DateTime::<Utc>::MIN_UTC));
    }

    #[test]
    fn windows_are_counted_from_the_beginning_of_the_silence() {
        let second = TimeDelta::seconds(1);
        for (days, lasted, window) in [
            (30, TimeDelta::days(30) - second, 0),
            (30, TimeDelta::days(30), 1),
            (30, TimeDelta::days(60) - second, 1),
            (30, TimeDelta::days(60), 2),
            (1, TimeDelta::days(31), 31),
            (1, TimeDelta::days(32) - second, 31),
            (1, -second, -1),
        ] {
            let reminder = every(days).reminder(silence(), SINCE + lasted);

            assert_eq!(reminder.window, window, "{days}: {lasted}");
        }
    }

    #[test]
    fn another_artist_silence_or_window_is_another_reminder() {
        let as_of = SINCE + TimeDelta::days(31);
        let one = every(30).reminder(silence(), as_of);
        let others = [
            QuietArtist {
                id: ArtistId::new(Uuid::from_u128(3)),
                ..silence()
            },
            QuietArtist {
                since: SINCE - TimeDelta::microseconds(1),
                ..silence()
            },
        ]
        .map(|other| every(30).reminder(other, as_of));
        let next = every(30).reminder(silence(), as_of + TimeDelta::days(30));

        for other in others.iter().chain([&next]) {
            assert_ne!(one.mail(), other.mail());
            assert_ne!(one.to_string(), other.to_string());
        }
        assert_eq!(
            one,
            every(30).reminder(silence(), as_of + TimeDelta::days(1))
        );
    }

    #[test]
    fn the_same_reminder_is_the_same_mail_in_every_release() {
        let reminder = every(30).reminder(silence(), SINCE + TimeDelta::days(31));

        assert_eq!(
            reminder.to_string(),
            "00000000-0000-0000-0000-000000000002:2026-01-01T12:00:00.000000Z:1"
        );
        // The mail log holds causes made by earlier releases: this value never changes.
        assert_eq!(
            reminder.mail().to_string(),
            "reminder:ac55d590-ffe3-5b6b-bb6a-bfbb2412f7a2"
        );
    }
}
