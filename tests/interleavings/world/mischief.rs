//! What goes wrong: deaths, pauses, lost answers, a conveyor that forgets, clocks that jump.

use std::time::Duration;

use chrono::TimeDelta;

use super::World;
use crate::interleavings::cast::{Role, identity};
use crate::interleavings::conveyor::Data;
use crate::interleavings::plot::Odds;
use crate::interleavings::stage::{Fate, Process, Stop};

/// What has been done and takes effect later.
#[derive(Default)]
pub(super) struct Mischief {
    /// Processes that are dead, and in which turn that is noticed by whom.
    obituaries: Vec<(u64, Process, Reader)>,
    /// Which kinds of processes are started again, and in which turn.
    successors: Vec<(u64, Role)>,
    /// An old copy of what the conveyor knew.
    copy: Option<Data>,
}

/// Who notices that a process is dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Store,
    Conveyor,
}

impl World {
    /// What somebody meets who is about to go on from `stop`; `None` when they do not go on.
    pub(super) async fn meets(&mut self, process: Process, stop: Stop) -> Option<Fate> {
        let Odds {
            death,
            pause,
            failure,
            target,
            ..
        } = self.plot.odds;
        let is_target = match (self.plot.target, stop) {
            (Some((what, true)), Stop::Before(at)) | (Some((what, false)), Stop::After(at)) => {
                what == at
            }
            _ => false,
        };
        let happens = if is_target && self.dice.falls(target) {
            self.dice.between(1, 3)
        } else if self.dice.falls(death) {
            1
        } else if self.dice.falls(pause) {
            2
        } else if self.dice.falls(failure) {
            3
        } else {
            0
        };
        match happens {
            1 => self.dies(process, stop),
            2 => self.is_paused(process, stop).await,
            3 => {
                self.counts(match stop {
                    Stop::Before(_) => "calls that failed",
                    _ => "answers that were lost",
                });
                return Some(Fate::Fails);
            }
            _ => return Some(Fate::Goes),
        }
        None
    }

    /// What happens beside, before somebody has a turn.
    pub(super) async fn goes_wrong(&mut self) {
        self.takes_effect();
        let Odds { conveyor, time, .. } = self.plot.odds;
        if self.dice.falls(120) {
            let wait = Duration::from_millis(self.dice.below(600));
            self.passes(wait).await;
        }
        if self.dice.falls(conveyor) {
            self.upsets_conveyor();
        }
        if self.dice.falls(time) {
            self.upsets_time().await;
        }
    }

    /// From now on nothing goes wrong, and whoever is missing is there again.
    pub(super) fn heals(&mut self) {
        let stage = self.house.stage.clone();
        stage.note(|| "all is well from now on".to_owned());
        stage.calms_down();
        for (turn, ..) in &mut self.mischief.obituaries {
            *turn = 0;
        }
        for (turn, _) in &mut self.mischief.successors {
            *turn = 0;
        }
        for member in &mut self.processes {
            member.paused_until = 0;
        }
        self.takes_effect();
    }

    fn dies(&mut self, process: Process, stop: Stop) {
        self.counts("deaths");
        let stage = self.house.stage.clone();
        stage.note(|| format!("process {process} dies: {stop:?}"));
        let member = &mut self.processes[process];
        member.is_dead = true;
        let role = member.role;
        self.parts.retain(|it| it.process != process);
        self.house.ledger.pages().gone(process, "died");
        let turns = stage.turns();
        for reader in [Reader::Store, Reader::Conveyor] {
            let noticed = turns + self.dice.below(40);
            let obituary = (noticed, process, reader);
            self.mischief.obituaries.push(obituary);
        }
        let successor = (turns + self.dice.below(60), role);
        self.mischief.successors.push(successor);
    }

    /// Stands still, often for so long that it is taken for dead meanwhile.
    async fn is_paused(&mut self, process: Process, stop: Stop) {
        self.counts("pauses");
        let stage = self.house.stage.clone();
        let is_long = self.dice.falls(600);
        stage.note(|| format!("process {process} is paused: {stop:?}, for long: {is_long}"));
        self.processes[process].paused_until = stage.turns() + self.dice.between(5, 80);
        if is_long {
            self.counts("pauses longer than a lease");
            let why = "was paused for longer than its lease";
            self.house.ledger.pages().gone(process, why);
            let turns = stage.turns();
            for reader in [Reader::Store, Reader::Conveyor] {
                self.mischief.obituaries.push((turns, process, reader));
            }
            self.takes_effect();
            self.passes(Duration::from_secs(20)).await;
        }
    }

    fn takes_effect(&mut self) {
        let turns = self.house.stage.turns();
        let is_due = |turn: &u64| *turn <= turns;
        let obituaries = std::mem::take(&mut self.mischief.obituaries);
        let (due, later) = obituaries.into_iter().partition(|(turn, ..)| is_due(turn));
        self.mischief.obituaries = later;
        let due: Vec<(u64, Process, Reader)> = due;
        for (_, process, reader) in due {
            match (reader, &self.house.conveyor) {
                (Reader::Store, _) => self.house.store.forget(&identity(process)),
                (Reader::Conveyor, Some(conveyor)) => conveyor.forget(identity(process)),
                (Reader::Conveyor, None) => {}
            }
        }
        let successors = std::mem::take(&mut self.mischief.successors);
        let (due, later) = successors.into_iter().partition(|(turn, _)| is_due(turn));
        self.mischief.successors = later;
        let due: Vec<(u64, Role)> = due;
        for (_, role) in due {
            self.starts(role);
        }
    }

    fn upsets_conveyor(&mut self) {
        let Some(conveyor) = self.house.conveyor.clone() else {
            return;
        };
        let what = match self.dice.below(5) {
            0 => {
                conveyor.restore(Data::default());
                "losses of all the conveyor knew"
            }
            1 => {
                self.mischief.copy = Some(conveyor.copy());
                "copies of what the conveyor knew"
            }
            2 => match self.mischief.copy.clone() {
                Some(copy) => {
                    conveyor.restore(copy);
                    "old copies that were restored"
                }
                None => return,
            },
            3 => {
                conveyor.double(&mut self.dice);
                "messages that came twice"
            }
            _ => {
                conveyor.lose_lists();
                "lists that were removed"
            }
        };
        self.counts(what);
        self.house.stage.note(|| what.to_owned());
    }

    async fn upsets_time(&mut self) {
        let what = match self.dice.below(4) {
            0 => {
                let seconds = self.dice.between(1, 7200);
                self.jumps(TimeDelta::seconds(seconds.cast_signed()));
                "jumps of the clock"
            }
            1 => {
                let seconds = self.dice.between(1, 300);
                self.jumps(-TimeDelta::seconds(seconds.cast_signed()));
                "jumps back of the clock"
            }
            2 => {
                let seconds = self.dice.between(1, 90);
                self.passes(Duration::from_secs(seconds)).await;
                "times when nobody had a turn"
            }
            _ => {
                self.passes(Duration::from_mins(12)).await;
                "times when nobody had a turn for longer than a doubt is held"
            }
        };
        self.counts(what);
        self.house.stage.note(|| what.to_owned());
    }

    fn jumps(&mut self, step: TimeDelta) {
        self.house.stage.jumps(step);
    }

    fn counts(&self, what: &'static str) {
        self.house.ledger.pages().fault(what);
    }
}
