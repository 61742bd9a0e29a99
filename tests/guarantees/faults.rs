//! What may break, how it is broken, and what it may cost.

mod senders;
mod servers;

use std::fs;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use tests::proxy::Way;
use tests::scripted_smtp::{Act, Script, Step};
use tokio::time::{Instant, sleep};

use super::clocks;
use super::fleet::{Fleet, Role};
use super::load::{ARTISTS, email_of};
use super::tally::Event;

/// Longer than the lease of a worker in these tests.
const PAST_THE_LEASE: Duration = Duration::from_secs(5);

/// One way in which something breaks and comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// One program is killed and started again.
    Kill(Role),
    /// All programs are killed at once and started again.
    KillAll,
    /// One program stands still for longer than its lease, and goes on.
    Pause(Role),
    /// Every program is stopped and started again, one after the other.
    Deploy,
    /// `PostgreSQL` is killed and started again.
    KillPostgres,
    /// Redis is killed and started again, empty.
    KillRedis,
    /// Everything is killed at once, and started again.
    KillEverything,
    /// Redis stands still and goes on.
    PauseRedis,
    /// Redis forgets everything.
    FlushAll,
    /// Redis is put back to what it held a while ago.
    OldDump,
    /// Redis is a replica for a while.
    ReadOnly,
    /// Redis is full for a while.
    RedisFull,
    /// `PostgreSQL` ends every session.
    EndSessions,
    /// The way to a server is bad for a while.
    Bad(Leg, Way),
    /// The mail server refuses, at a step.
    MailServerSays(Step, &'static str),
    /// The mail server knows one of the artists no more: each mail for them is parked.
    MailboxIsGone,
    /// The mail server takes nobody's mail, and it takes a person to mend that: who sends pauses,
    /// and is started again once it is mended.
    SenderIsRefused(&'static str),
    /// The mail server hangs up, at a step.
    MailServerHangsUp(Step),
    /// The mail server says nothing any more, at a step.
    MailServerStalls(Step),
    /// Messages that nobody can do anything with, and some that came before.
    Poison,
    /// A worker joins whose clock jumps by hours, and leaves again.
    WrongClock(&'static str),
}

/// A way of the programs to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leg {
    Postgres,
    Redis,
    Mail,
}

/// What breaks for the programs themselves and on their way to the mail server: everywhere.
const EVERYWHERE: [Fault; 19] = [
    Fault::Kill(Role::Worker),
    Fault::Kill(Role::Worker),
    Fault::Kill(Role::Beat),
    Fault::Kill(Role::Api),
    Fault::KillAll,
    Fault::Pause(Role::Worker),
    Fault::Deploy,
    Fault::Bad(Leg::Mail, Way::Cut),
    Fault::Bad(Leg::Mail, Way::Silent),
    Fault::Bad(Leg::Mail, Way::Slow(Duration::from_millis(100))),
    Fault::Bad(Leg::Mail, Way::LosesAnswers(".\r\n")),
    Fault::MailServerSays(Step::Rcpt, "451 4.3.0 Try again later"),
    Fault::MailServerSays(Step::Mail, "421 4.7.0 Too busy"),
    Fault::MailServerSays(Step::Dot, "554 5.7.1 Looks like spam"),
    Fault::MailboxIsGone,
    Fault::SenderIsRefused("550 5.7.26 Not from there"),
    Fault::SenderIsRefused("550 5.4.5 Daily limit exceeded"),
    Fault::MailServerHangsUp(Step::Data),
    Fault::MailServerStalls(Step::Rcpt),
];

/// What breaks only where there are servers.
const ON_SERVERS: [Fault; 20] = [
    Fault::KillPostgres,
    Fault::KillRedis,
    Fault::KillEverything,
    Fault::PauseRedis,
    Fault::FlushAll,
    Fault::OldDump,
    Fault::ReadOnly,
    Fault::RedisFull,
    Fault::EndSessions,
    Fault::Bad(Leg::Postgres, Way::Cut),
    Fault::Bad(Leg::Postgres, Way::Silent),
    Fault::Bad(Leg::Postgres, Way::LosesAnswers("COMMIT")),
    Fault::Bad(Leg::Postgres, Way::Slow(Duration::from_millis(100))),
    Fault::Bad(Leg::Redis, Way::Slow(Duration::from_millis(100))),
    Fault::Bad(Leg::Redis, Way::Cut),
    Fault::Bad(Leg::Redis, Way::Silent),
    Fault::Bad(Leg::Redis, Way::LosesAnswers("EVALSHA")),
    Fault::Poison,
    Fault::WrongClock("+5h"),
    Fault::WrongClock("-5h"),
];

impl Fault {
    /// One of those that can happen to `fleet`.
    pub(super) fn any(random: &mut StdRng, fleet: &Fleet) -> Self {
        let here: &[Self] = if fleet.servers.is_some() && random.random() {
            &ON_SERVERS
        } else {
            &EVERYWHERE
        };
        *here.choose(random).expect("there are faults")
    }

    /// Breaks it, and mends it after a while; answers what happened.
    pub(super) async fn happens(self, fleet: &mut Fleet, random: &mut StdRng) -> Event {
        let began = Instant::now();
        let a_while = Duration::from_millis(random.random_range(300..2500));
        let at_final_step = match self {
            Self::Kill(Role::Worker) => senders::one_dies(fleet).await,
            Self::KillAll => senders::all_die(fleet).await,
            Self::KillEverything => senders::all_die_with_their_servers(fleet).await,
            Self::Bad(Leg::Mail, Way::Cut) => senders::are_cut_off(fleet, a_while).await,
            _ => {
                self.strike(fleet, random, a_while).await;
                Vec::new()
            }
        };
        Event {
            what: format!("{self:?}"),
            began,
            ended: Instant::now(),
            at_final_step,
            loses_answers: matches!(self, Self::Bad(Leg::Mail, Way::LosesAnswers(_))),
        }
    }

    async fn strike(self, fleet: &mut Fleet, random: &mut StdRng, a_while: Duration) {
        match self {
            Self::Kill(role) => {
                fleet.kill(role);
                fleet.start(role);
            }
            Self::Pause(role) => {
                fleet.signal(role, "STOP");
                sleep(PAST_THE_LEASE).await;
                fleet.signal(role, "CONT");
            }
            Self::Deploy => {
                for role in [
                    Role::Api,
                    Role::Worker,
                    Role::Worker,
                    Role::Beat,
                    Role::Beat,
                ] {
                    fleet.start(role);
                    fleet.stop(role);
                }
            }
            Self::Bad(Leg::Mail, way) => servers::broken(&fleet.to_sink, way, a_while).await,
            Self::MailServerSays(step, line) => {
                mail_server(fleet, step, Act::say(line), a_while).await;
            }
            Self::MailboxIsGone => {
                let whose = email_of(random.random_range(0..ARTISTS));
                plays(fleet, Script::usual().without_mailbox(&whose), a_while).await;
            }
            Self::SenderIsRefused(line) => {
                mail_server(fleet, Step::Mail, Act::say(line), a_while).await;
                start_workers_again(fleet);
            }
            Self::MailServerHangsUp(step) => mail_server(fleet, step, Act::Close, a_while).await,
            Self::MailServerStalls(step) => mail_server(fleet, step, Act::Stall, a_while).await,
            Self::WrongClock(by) => wrong_clock(fleet, by, a_while).await,
            _ => servers::strike(self, fleet, a_while).await,
        }
    }
}

async fn mail_server(fleet: &Fleet, step: Step, act: Act, for_a_while: Duration) {
    plays(fleet, Script::usual().always(step, act), for_a_while).await;
}

async fn plays(fleet: &Fleet, script: Script, for_a_while: Duration) {
    fleet.sink.play(script);
    sleep(for_a_while).await;
    fleet.sink.play(Script::usual());
}

/// As an operator does who has mended what mail was paused for: all at once, so that whoever comes
/// finds nobody who still pauses.
fn start_workers_again(fleet: &mut Fleet) {
    let count = fleet.count(Role::Worker);
    for _ in 0..count {
        fleet.stop(Role::Worker);
    }
    for _ in 0..count {
        fleet.start(Role::Worker);
    }
}

async fn wrong_clock(fleet: &mut Fleet, by: &str, for_a_while: Duration) {
    let clock = fleet.folder().join("clock");
    fs::write(&clock, "+0").unwrap();
    fleet.start_as(Role::Worker, |how| clocks::goes_by(how, &clock));
    for by in [by, "+0"] {
        sleep(for_a_while / 2).await;
        fs::write(&clock, by).unwrap();
    }
    fleet.stop_newest(Role::Worker);
}
