//! The stage: where actors stop, so that somebody else may have a turn, or the world go wrong.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use adapters::clock::ManualClock;
use chrono::TimeDelta;
use domain::ports::{PortError, Severity};
use futures_util::future::BoxFuture;
use tests::samples::START;

/// Which process: its place among all, from its first start to the end of the story.
pub(super) type Process = usize;

/// Which part of all that ever began.
pub(super) type Actor = u64;

/// What one part of a process does, until it is over or the process dies.
pub(super) type Part = BoxFuture<'static, ()>;

/// Where all actors stop between any two things they do.
pub(super) struct Stage {
    pub(super) clock: Arc<ManualClock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How long the story has gone on.
    now: Duration,
    /// Where the actor stands that had the last turn.
    stop: Option<Stop>,
    /// What becomes of what the actor is about to do that has the next turn.
    fate: Fate,
    /// What began during the last turn.
    born: Vec<(Process, Part)>,
    /// Whose turn it is.
    actor: Actor,
    /// How many turns there were.
    turns: u64,
    is_calm: bool,
    /// What happened, if somebody wants to know.
    trace: Option<Vec<String>>,
}

/// Where an actor stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stop {
    /// Before something it asks another for.
    Before(&'static str),
    /// After that, and before it has the answer.
    After(&'static str),
    /// It has nothing to do until then.
    Until(Duration),
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fate {
    #[default]
    Goes,
    Fails,
}

impl Stage {
    pub(super) fn new(is_traced: bool) -> Arc<Self> {
        let state = State {
            trace: is_traced.then(Vec::new),
            ..State::default()
        };
        Arc::new(Self {
            clock: Arc::new(ManualClock::at(START)),
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks another: each call can fail before anything came of it, and after.
    pub(super) async fn call<T>(
        &self,
        what: &'static str,
        asked: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        if self.stop(Stop::Before(what)).await == Fate::Fails {
            return Err(failed(what, "it cannot be reached"));
        }
        let answer = asked.await;
        match self.stop(Stop::After(what)).await {
            Fate::Goes => answer,
            Fate::Fails => Err(failed(what, "the answer was lost")),
        }
    }

    /// Lets others have a turn before `what`.
    pub(super) async fn before(&self, what: &'static str) -> Fate {
        self.stop(Stop::Before(what)).await
    }

    /// Lets others have a turn after `what`.
    pub(super) async fn after(&self, what: &'static str) -> Fate {
        self.stop(Stop::After(what)).await
    }

    /// Has nothing to do for a while: the longer, the more often in a row that was so.
    pub(super) async fn rest(&self, in_a_row: u32) {
        let until = {
            let state = self.state();
            let longest = if state.is_calm { 60_000 } else { 4_000 };
            let wait = (250_u64 << in_a_row.min(12)).min(longest);
            state.now + Duration::from_millis(wait)
        };
        self.stop(Stop::Until(until)).await;
    }

    async fn stop(&self, stop: Stop) -> Fate {
        Standing {
            stage: self,
            stop: Some(stop),
        }
        .await
    }

    /// Begins another part of a process.
    pub(super) fn begin(&self, process: Process, part: Part) {
        self.state().born.push((process, part));
    }

    /// What began since somebody last asked.
    pub(super) fn born(&self) -> Vec<(Process, Part)> {
        std::mem::take(&mut self.state().born)
    }

    /// Gives somebody a turn; answers where they stand then, if it is not over.
    pub(super) fn turn(&self, actor: Actor, part: &mut Part, fate: Fate) -> Option<Stop> {
        {
            let mut state = self.state();
            state.actor = actor;
            state.turns += 1;
            state.fate = fate;
        }
        let mut context = Context::from_waker(std::task::Waker::noop());
        match part.as_mut().poll(&mut context) {
            Poll::Ready(()) => None,
            Poll::Pending => {
                let stop = self.state().stop.take();
                Some(stop.expect("who waits stands somewhere on this stage"))
            }
        }
    }

    /// Whose turn it is.
    pub(super) fn actor(&self) -> Actor {
        self.state().actor
    }

    /// Lets a turn pass that nobody could use.
    pub(super) fn nobody_turns(&self) {
        self.state().turns += 1;
    }

    pub(super) fn turns(&self) -> u64 {
        self.state().turns
    }

    /// How long the story has gone on.
    pub(super) fn now(&self) -> Duration {
        self.state().now
    }

    /// Lets time pass, for every clock.
    pub(super) async fn passes(&self, time: Duration) {
        self.state().now += time;
        self.jumps(TimeDelta::from_std(time).expect("a short time"));
        tokio::time::advance(time).await;
    }

    /// Sets the clock that tells the time of day, without any time passing.
    pub(super) fn jumps(&self, step: TimeDelta) {
        self.clock.advance(step);
    }

    /// From now on nothing goes wrong.
    pub(super) fn calms_down(&self) {
        self.state().is_calm = true;
    }

    /// Notes what happened, if somebody wants to know.
    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        let mut state = self.state();
        let (turns, now) = (state.turns, state.now);
        if let Some(trace) = &mut state.trace {
            trace.push(format!(
                "{turns:>6} {:>9.3} s  {}",
                now.as_secs_f64(),
                what()
            ));
        }
    }

    /// What happened.
    pub(super) fn trace(&self) -> Vec<String> {
        self.state().trace.clone().unwrap_or_default()
    }
}

/// An actor that has stopped, until it is given a turn.
struct Standing<'a> {
    stage: &'a Stage,
    stop: Option<Stop>,
}

impl Future for Standing<'_> {
    type Output = Fate;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Fate> {
        let mut state = self.stage.state();
        match self.stop {
            Some(stop) => {
                state.stop = Some(stop);
                drop(state);
                self.stop = None;
                Poll::Pending
            }
            None => Poll::Ready(std::mem::take(&mut state.fate)),
        }
    }
}

/// What a call says that came to nothing, or seems to have.
pub(super) fn failed(action: &'static str, source: &'static str) -> PortError {
    PortError {
        adapter: "the stage",
        action,
        severity: Severity::Transient,
        source: source.into(),
    }
}
