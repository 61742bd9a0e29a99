//! Sends what follows tasks, and stores what became of them.

use domain::ports::PortError;
use redis::pipe;

use super::Reporter;
use super::errand::Errand;
use crate::redis::error::failed;
use crate::redis::publish::{add_messages, add_queues};
use crate::redis::wire::canvas::{Failed, NewChord};
use crate::redis::wire::{Outgoing, ResultDocument, ResultState};

impl Reporter {
    /// Sends what follows one task.
    pub(super) async fn send(&self, errand: &Errand<'_>) -> Result<(), PortError> {
        self.begin(&errand.follow_ups.chords).await?;
        self.push(&errand.follow_ups.messages).await?;
        self.push(&errand.failed.messages).await
    }

    pub(super) async fn begin(&self, chords: &[NewChord]) -> Result<(), PortError> {
        match &self.results {
            Some(results) if !chords.is_empty() => results.begin_chords(chords).await,
            None if !chords.is_empty() => {
                tracing::error!(
                    "a chord is sent whose body will never run: without a result backend its parts cannot be counted"
                );
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn push(&self, messages: &[Outgoing]) -> Result<(), PortError> {
        if messages.is_empty() {
            return Ok(());
        }
        let mut queues: Vec<_> = messages
            .iter()
            .map(|each| each.envelope.queue.clone())
            .collect();
        queues.sort_unstable();
        queues.dedup();
        let prefix = &self.settings.prefix;
        let mut pipeline = pipe();
        pipeline.atomic();
        add_queues(&mut pipeline, prefix, &queues);
        let (now, announcer) = (self.clock.now(), self.announcer.as_ref());
        add_messages(&mut pipeline, prefix, messages, now, announcer);
        let sent = self.broker.pipeline::<()>(&pipeline).await;
        sent.map_err(failed("send what follows a task"))
    }

    /// Stores what became of the tasks, and of those that fail with them.
    pub(super) async fn store(&self, errands: &[Errand<'_>]) -> Result<(), PortError> {
        let Some(results) = &self.results else {
            return Ok(());
        };
        let wishes = self.settings.wishes;
        let mut documents: Vec<ResultDocument<'_>> = Vec::with_capacity(errands.len());
        for errand in errands {
            if wishes.include_end(errand.task(), &errand.attempted.outcome) {
                documents.extend(errand.document(self.events.node_name()));
            }
            if let Some((exception, traceback)) = &errand.exception {
                let state = ResultState::Failure(exception, traceback.as_deref());
                documents.extend(failed_steps(&errand.failed, state));
            }
        }
        if documents.is_empty() {
            return Ok(());
        }
        let _turn = self.started.storing.lock().await;
        let ended: Vec<&str> = documents.iter().map(|each| each.task_id).collect();
        self.started.forget(&ended);
        results.store(&documents).await
    }
}

/// What is stored of the steps that fail with a task before them.
pub(super) fn failed_steps<'a>(
    failed: &'a Failed,
    state: ResultState<'a>,
) -> impl Iterator<Item = ResultDocument<'a>> {
    let with_id = failed.steps.iter();
    with_id.filter_map(move |step| {
        Some(ResultDocument {
            task_id: step.id.as_deref()?,
            state,
            children: &[],
            parent_id: None,
            group_id: step.group_id.as_deref(),
            extended: None,
        })
    })
}
