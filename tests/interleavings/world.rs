//! The world: who is there, whose turn it is, and what goes wrong.

mod mischief;

use std::sync::Arc;
use std::time::Duration;

use adapters::memory::MemoryStore;
use domain::ports::{AccountRepo, ArtistRepo, Outbox, TaskQueueAdmin, TaskState};
use tests::samples::{artist, new_account};

use self::mischief::Mischief;
use super::cast::{Desk, House, Role};
use super::conveyor::MemoryConveyor;
use super::dice::Dice;
use super::ledger::Ledger;
use super::plot::Plot;
use super::stage::{Actor, Fate, Part, Process, Stage, Stop};

/// How many turns it may take until nothing is left to do once nothing goes wrong any more.
const TURNS_TO_QUIET: u64 = 60_000;

/// Who is there, and all there is.
pub(super) struct World {
    pub(super) plot: Plot,
    pub(super) house: House,
    dice: Dice,
    processes: Vec<Member>,
    parts: Vec<Acting>,
    last_actor: Actor,
    mischief: Mischief,
}

/// A process, from its start to its end.
struct Member {
    role: Role,
    /// It has no turn before this one.
    paused_until: u64,
    is_dead: bool,
}

/// One part of a process, and where it stands.
struct Acting {
    process: Process,
    actor: Actor,
    part: Part,
    stop: Stop,
}

impl World {
    pub(super) async fn new(seed: u64, is_traced: bool) -> Self {
        let mut dice = Dice::new(seed);
        let plot = Plot::of(&mut dice);
        let stage = Stage::new(is_traced);
        stage.note(|| format!("{plot:?}"));
        let store = Arc::new(MemoryStore::new(stage.clock.clone()));
        let store_of_people = store.as_ref();
        AccountRepo::add(store_of_people, &new_account(1))
            .await
            .unwrap();
        ArtistRepo::add(store_of_people, &artist(1)).await.unwrap();
        let house = House {
            stage,
            ledger: Arc::new(Ledger::default()),
            store,
            conveyor: plot
                .by_conveyor
                .then(|| Arc::new(MemoryConveyor::default())),
            desk: Arc::new(Desk::new(plot.requests.clone())),
            policy: plot.policy,
            entries: plot.entries,
        };
        let mut world = Self {
            house,
            dice,
            processes: Vec::new(),
            parts: Vec::new(),
            last_actor: 0,
            mischief: Mischief::default(),
            plot,
        };
        for role in world.plot.cast.clone() {
            world.starts(role);
        }
        world
    }

    /// The whole story: things go wrong for a time, then no more, until all is quiet.
    /// Answers whether it became quiet.
    pub(super) async fn plays(&mut self) -> bool {
        while self.stage().turns() < self.plot.turns {
            self.goes_wrong().await;
            self.one_turn(true).await;
        }
        self.heals();
        let end = self.stage().turns() + TURNS_TO_QUIET;
        while self.stage().turns() < end {
            if self.one_turn(false).await == Turn::Passed && self.is_quiet().await {
                return true;
            }
        }
        false
    }

    fn stage(&self) -> &Stage {
        &self.house.stage
    }

    fn starts(&mut self, role: Role) {
        let process = self.processes.len();
        self.processes.push(Member {
            role,
            paused_until: 0,
            is_dead: false,
        });
        self.house.starts(role, process);
        self.takes_in();
        let stage = self.stage();
        stage.note(|| format!("process {process} starts: {role:?}"));
    }

    /// Lets what has begun take part.
    fn takes_in(&mut self) {
        for (process, part) in self.stage().born() {
            self.last_actor += 1;
            self.parts.push(Acting {
                process,
                actor: self.last_actor,
                part,
                stop: Stop::Until(Duration::ZERO),
            });
        }
    }

    /// Gives one of those a turn who can use it, or lets time pass until somebody can.
    async fn one_turn(&mut self, may_go_wrong: bool) -> Turn {
        let (turns, now) = (self.stage().turns(), self.stage().now());
        let is_awake = |acting: &Acting| self.processes[acting.process].paused_until <= turns;
        let mut ready = Vec::new();
        let mut next: Option<Duration> = None;
        for (place, acting) in self.parts.iter().enumerate() {
            match acting.stop {
                _ if !is_awake(acting) => {}
                Stop::Until(until) if now < until => {
                    next = Some(next.map_or(until, |next| next.min(until)));
                }
                _ => ready.push(place),
            }
        }
        if ready.is_empty() {
            let wait = next.map_or(Duration::from_secs(1), |next| next.saturating_sub(now));
            self.stage().nobody_turns();
            self.passes(wait).await;
            return Turn::Passed;
        }
        let place = ready[self.dice.place(ready.len())];
        let (process, stop) = (self.parts[place].process, self.parts[place].stop);
        let mut fate = Fate::Goes;
        if may_go_wrong && !matches!(stop, Stop::Until(_)) {
            match self.meets(process, stop).await {
                Some(met) => fate = met,
                None => return Turn::Taken,
            }
        }
        let acting = &mut self.parts[place];
        let stage = &self.house.stage;
        stage.note(|| format!("process {process} goes on: {stop:?} {fate:?}"));
        match stage.turn(acting.actor, &mut acting.part, fate) {
            Some(stop) => acting.stop = stop,
            None => drop(self.parts.swap_remove(place)),
        }
        self.takes_in();
        Turn::Taken
    }

    async fn passes(&mut self, time: Duration) {
        self.stage().passes(time).await;
        let hold = self.plot.policy.doubt_hold.to_std().unwrap();
        let now = self.stage().now();
        self.house.ledger.pages().silent_for(hold, now);
    }

    /// Whether nothing is left to do. Gives those another chance, as an operator would, that
    /// were buried only because their workers died.
    async fn is_quiet(&self) -> bool {
        let store = self.house.store.as_ref();
        let buried = TaskQueueAdmin::list(store, TaskState::Buried, 1000).await;
        for row in buried.unwrap() {
            if was_suspected(&row) {
                store.requeue(&row.id).await.unwrap();
            }
        }
        let counts = store.counts().await.unwrap();
        let is_idle = counts.iter().all(|it| it.waiting + it.running == 0);
        is_idle
            && self.house.desk.is_empty()
            && self.parts.iter().all(|it| self.role(it) != Role::Api)
            && self.house.conveyor.as_ref().is_none_or(|it| it.len() == 0)
            && store.on_their_way().await.unwrap().is_empty()
    }

    fn role(&self, acting: &Acting) -> Role {
        self.processes[acting.process].role
    }
}

/// Whether it was buried because its workers died.
pub(super) fn was_suspected(row: &domain::ports::TaskRow) -> bool {
    let reason = row.reason.as_ref();
    reason.is_some_and(|reason| reason.as_str().contains("brought down"))
}

/// What became of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Somebody had it.
    Taken,
    /// Nobody could use it, and time passed.
    Passed,
}
