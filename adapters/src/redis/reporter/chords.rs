//! Counts the parts of chords, and goes on with their bodies.

use std::time::Duration;

use domain::ports::PortError;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::Reporter;
use super::errand::Errand;
use super::following::failed_steps;
use crate::redis::results::{ChordDone, ChordPart, Counted, ResultStore};
use crate::redis::wire::canvas::{
    CanvasError, Failed, FollowUps, after_failed_header, after_header,
};
use crate::redis::wire::{Exception, ResultState};

/// How long whoever is about to go on with a chord is waited for: longer than it may take.
const WAIT_FOR_OTHERS: Duration = Duration::from_secs(35);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(250);

impl Reporter {
    /// Counts the task if it is a part of a chord that has ended, and the steps that fail with
    /// it; whoever counts the last goes on with the body.
    pub(super) async fn count_part(&self, errand: &Errand<'_>) -> Result<(), PortError> {
        let Some(results) = &self.results else {
            return Ok(());
        };
        let task = errand.task();
        let index = task.headers.get("group_index").and_then(Value::as_u64);
        if let (Some(body), Some(group_id), Some(state)) =
            (&errand.chord, task.header("group"), errand.state())
        {
            let part = ChordPart {
                group_id,
                task_id: task.id.as_str(),
                group_index: index,
                state,
            };
            self.count(results, errand, &part, body).await?;
        }
        for step in &errand.failed.steps {
            if let (Some(body), Some(group_id), Some(task_id), Some(state)) =
                (&step.chord, &step.group_id, &step.id, errand.state())
            {
                let part = ChordPart {
                    group_id,
                    task_id,
                    group_index: step.group_index,
                    state,
                };
                self.count(results, errand, &part, body).await?;
            }
        }
        Ok(())
    }

    async fn count(
        &self,
        results: &ResultStore,
        errand: &Errand<'_>,
        part: &ChordPart<'_>,
        body: &Value,
    ) -> Result<(), PortError> {
        let until = Instant::now() + WAIT_FOR_OTHERS;
        loop {
            match results.count_part(part).await? {
                Counted::Nothing => return Ok(()),
                Counted::Last(chord) => return self.go_on(results, errand, &chord, body).await,
                Counted::Claimed if until < Instant::now() => return Ok(()),
                Counted::Claimed => sleep(LOOK_AGAIN_AFTER).await,
            }
        }
    }

    /// Sends the body, or stores that it has failed.
    async fn go_on(
        &self,
        results: &ResultStore,
        errand: &Errand<'_>,
        chord: &ChordDone,
        body: &Value,
    ) -> Result<(), PortError> {
        let parent = self.parent(errand.task());
        let to_be_sent = chord.results.clone().and_then(|values| {
            let planned = after_header(&parent, body.clone(), values, &self.sender());
            planned.map_err(|error| Exception::of_chord(error.to_string()))
        });
        match to_be_sent {
            Ok(follow_ups) => {
                if !results.keep_chord(chord).await? {
                    return Ok(());
                }
                self.send_body(&follow_ups).await?;
            }
            Err(exception) => match after_failed_header(body.clone(), &self.sender()) {
                Ok(failed) => self.fail_body(results, &failed, &exception).await?,
                Err(error) => say(errand, &error),
            },
        }
        results.finish_chord(chord).await
    }

    async fn send_body(&self, follow_ups: &FollowUps) -> Result<(), PortError> {
        self.begin(&follow_ups.chords).await?;
        self.push(&follow_ups.messages).await
    }

    async fn fail_body(
        &self,
        results: &ResultStore,
        failed: &Failed,
        exception: &Exception,
    ) -> Result<(), PortError> {
        let traceback = exception.traceback("the body of a chord", self.events.node_name());
        let state = ResultState::Failure(exception, traceback.as_deref());
        let documents: Vec<_> = failed_steps(failed, state).collect();
        results.store(&documents).await?;
        self.push(&failed.messages).await
    }
}

fn say(errand: &Errand<'_>, error: &CanvasError) {
    let id = &errand.task().id;
    tracing::error!(task.id = %id, "the body of the chord behind the task [{id}] is not sent: {error}");
}
