//! The plot: what a seed decides before the story begins.

use chrono::TimeDelta;
use domain::use_cases::{MailPolicy, OnDoubt};

use super::cast::{Request, Role};
use super::dice::Dice;

/// What a seed decides before the story begins.
#[derive(Clone, Debug)]
pub(super) struct Plot {
    /// Whether tasks travel by the conveyor.
    pub(super) by_conveyor: bool,
    pub(super) policy: MailPolicy,
    pub(super) cast: Vec<Role>,
    pub(super) requests: Vec<Request>,
    pub(super) entries: u32,
    /// For how many turns things go wrong.
    pub(super) turns: u64,
    pub(super) odds: Odds,
    /// Where things go wrong by preference.
    pub(super) target: Option<(&'static str, bool)>,
}

/// How often things go wrong, in a thousand turns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Odds {
    pub(super) death: u64,
    pub(super) pause: u64,
    pub(super) failure: u64,
    /// The conveyor loses, repeats or goes back.
    pub(super) conveyor: u64,
    /// The clock jumps, or nobody gets a turn for long.
    pub(super) time: u64,
    /// At the target.
    pub(super) target: u64,
}

/// Where much hangs on what happens next.
const TARGETS: [&str; 12] = [
    "store an album",
    "mark tasks as relayed",
    "push messages",
    "call tasks back",
    "claim messages",
    "take rows",
    "claim a mail",
    "store a step of a mail",
    "send the final dot",
    "store that a mail was sent",
    "settle tasks",
    "fire what is due",
];

impl Plot {
    pub(super) fn of(dice: &mut Dice) -> Self {
        let mut cast = vec![Role::Api];
        cast.extend((0..dice.between(1, 3)).map(|_| Role::Worker));
        let beats = dice.below(3);
        cast.extend((0..beats).map(|_| Role::Beat));
        let on_doubt = dice.pick(&[OnDoubt::Resend, OnDoubt::Resend, OnDoubt::Park]);
        let requests = 1..=dice.between(1, 4);
        Self {
            by_conveyor: dice.falls(700),
            policy: MailPolicy {
                on_doubt,
                doubt_hold: TimeDelta::minutes(11),
            },
            cast,
            requests: requests.map(|number| request(number, dice)).collect(),
            entries: if beats == 0 { 0 } else { dice.pick(&[1, 2]) },
            turns: dice.between(60, 400),
            odds: Odds {
                death: dice.pick(&[0, 2, 10]),
                pause: dice.pick(&[0, 2, 10]),
                failure: dice.pick(&[0, 10, 80]),
                conveyor: dice.pick(&[0, 5, 30]),
                time: dice.pick(&[0, 2, 10]),
                target: dice.pick(&[100, 400]),
            },
            target: dice
                .falls(500)
                .then(|| (dice.pick(&TARGETS), dice.falls(500))),
        }
    }
}

fn request(number: u64, dice: &mut Dice) -> Request {
    Request {
        number,
        has_key: dice.falls(700),
        is_asked_for_twice: dice.falls(400),
        is_withdrawn: dice.falls(200),
        after: dice.pick(&[0, 0, 2, 4]),
    }
}
