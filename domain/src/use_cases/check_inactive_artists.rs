//! Finds the artists who are quiet, and has each of them reminded.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::inactivity::Reminder;
use super::{InactivityPolicy, RemindInactiveArtist};
use crate::model::ArtistId;
use crate::ports::{Enqueued, MailLog, PortError, ReminderRepo, TaskQueue};
use crate::tasks::{Context, Envelope, Handler, Priority, Routes, Task, TaskError};

/// How many artists one attempt looks at.
const SLICE: u32 = 10_000;

/// Reminders stand behind all other work: a hundred thousand of them delay no congratulation.
const PRIORITY: u8 = 6;

/// Have everybody reminded who is quiet.
///
/// One attempt looks at a slice of the artists and queues the same for the rest, so that
/// what a kill undoes is small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInactiveArtists {
    /// The instant at which they are quiet; `None` for when the task was first due.
    #[serde(default)]
    pub as_of: Option<DateTime<Utc>>,
    /// Whose successors, by id, are looked at; `None` for everybody.
    #[serde(default)]
    pub after: Option<ArtistId>,
}

impl Task for CheckInactiveArtists {
    type Output = Checked;
    const NAME: &'static str = "albums.tasks.check_inactive_artists";
    const ARGUMENTS: &'static [&'static str] = &["as_of", "after"];
    /// The next day somebody else looks.
    const GIVE_UP_AFTER: TimeDelta = TimeDelta::hours(24);
}

/// What came of one slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// How many artists were looked at.
    pub scanned: u32,
    /// How many reminders were queued that were not before.
    pub queued: usize,
}

/// Queues a reminder for each quiet artist, at most one in each window.
pub struct CheckInactiveArtistsHandler {
    reminders: Arc<dyn ReminderRepo>,
    mails: Arc<dyn MailLog>,
    tasks: Arc<dyn TaskQueue>,
    policy: InactivityPolicy,
    routes: Routes,
}

impl CheckInactiveArtistsHandler {
    /// Queues in `tasks`, by `routes`, who is quiet by `policy` and has no mail in `mails` yet.
    pub fn new(
        reminders: Arc<dyn ReminderRepo>,
        mails: Arc<dyn MailLog>,
        tasks: Arc<dyn TaskQueue>,
        policy: InactivityPolicy,
        routes: Routes,
    ) -> Self {
        Self {
            reminders,
            mails,
            tasks,
            policy,
            routes,
        }
    }

    /// Those of `reminders` that are not over: a daily look finds everybody again.
    async fn still_due(&self, reminders: Vec<Reminder>) -> Result<Vec<Reminder>, PortError> {
        let mails: Vec<_> = reminders.iter().map(Reminder::mail).collect();
        let ended = self.mails.ended(&mails).await?;
        let due = reminders.into_iter().zip(ended).filter(|(_, ended)| !ended);
        Ok(due.map(|(reminder, _)| reminder).collect())
    }

    fn remind(&self, reminder: &Reminder, as_of: DateTime<Utc>) -> Envelope {
        let task = RemindInactiveArtist {
            artist_id: reminder.artist(),
            as_of,
        };
        Envelope {
            priority: Priority::new(PRIORITY),
            ..Envelope::seal(
                &task,
                reminder,
                self.routes.queue_for::<RemindInactiveArtist>(),
            )
        }
    }

    fn rest(&self, after: ArtistId, as_of: DateTime<Utc>, context: &Context) -> Envelope {
        let task = CheckInactiveArtists {
            as_of: Some(as_of),
            after: Some(after),
        };
        let queue = self.routes.queue_for::<CheckInactiveArtists>();
        Envelope::seal(&task, format!("{}:{after}", context.id), queue)
    }
}

#[async_trait]
impl Handler<CheckInactiveArtists> for CheckInactiveArtistsHandler {
    async fn handle(
        &self,
        task: CheckInactiveArtists,
        context: &Context,
    ) -> Result<Checked, TaskError> {
        let as_of = task.as_of.unwrap_or(context.due_since);
        let before = self.policy.quiet_before(as_of);
        let slice = self.reminders.quiet(task.after, SLICE, before).await?;
        let reminders = slice.quiet.into_iter();
        let reminders = reminders.map(|silence| self.policy.reminder(silence, as_of));
        let due = self.still_due(reminders.collect()).await?;

        let rest = slice.more_after;
        // The rest goes first: from then on it does not depend on how this slice ends.
        let rest = rest.map(|after| self.rest(after, as_of, context));
        let (is_rest, reminds) = (usize::from(rest.is_some()), due.iter());
        let reminds = reminds.map(|reminder| self.remind(reminder, as_of));
        let work: Vec<Envelope> = rest.into_iter().chain(reminds).collect();
        let answers = self.tasks.enqueue(&work).await?;
        let new = answers.iter().skip(is_rest);
        Ok(Checked {
            scanned: slice.scanned,
            queued: new.filter(|answer| **answer == Enqueued::New).count(),
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::tasks::Payload;
    use crate::tasks::QueueName;

    #[test]
    fn name_and_payload_on_the_wire_never_change() {
        let task = CheckInactiveArtists {
            as_of: DateTime::from_timestamp(1_767_268_800, 5_000),
            after: Some(ArtistId::new(Uuid::from_u128(2))),
        };
        let envelope = Envelope::seal(&task, 1, QueueName::default());

        assert_eq!(
            envelope.name.as_str(),
            "albums.tasks.check_inactive_artists"
        );
        assert_eq!(
            String::from_utf8_lossy(envelope.payload.as_bytes()),
            r#"[[],{"after":"00000000-0000-0000-0000-000000000002","as_of":"2026-01-01T12:00:00.000005Z"},{"callbacks":null,"chain":null,"chord":null,"errbacks":null}]"#
        );
    }

    #[test]
    fn nothing_has_to_be_said_and_an_instant_may_have_any_offset() {
        let noon = DateTime::from_timestamp(1_767_268_800, 0);
        for (payload, as_of) in [
            ("[[], {}, {}]", None),
            (r#"[[], {"as_of": null}, {}]"#, None),
            (r#"[["2026-01-01T12:00:00Z"], {}, {}]"#, noon),
            (r#"[[], {"as_of": "2026-01-01T13:00:00+01:00"}, {}]"#, noon),
        ] {
            let task = Payload::from_bytes(payload.as_bytes().to_vec());
            let task: CheckInactiveArtists = task.decode().expect(payload);

            assert_eq!((task.as_of, task.after), (as_of, None), "{payload}");
        }
    }
}
