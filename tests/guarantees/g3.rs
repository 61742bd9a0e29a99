//! G3: no mail is taken twice, but when its sender dies, or its last answer is lost, at the final
//! step; and then at most the mails in that sender's hands.
//!
//! `CRASH_KILLS=300 tests/run g3` kills workers until 300 of them had a mail in their hands.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tests::proxy::{Proxy, Way};
use tokio::time::sleep;

use super::asked_for;
use super::faults::{Fault, Leg};
use super::fleet::{Fleet, Role};
use super::load::Load;
use super::tally::Tally;

const KILLS: &str = "CRASH_KILLS";
const USUAL_KILLS: u64 = 6;

promises! {
    everywhere:
        stops_pauses_and_other_deaths_double_nothing,
        a_killed_sender_costs_the_mails_in_its_hands_at_most,
        a_lost_last_answer_costs_its_mail_alone;
    on servers:
        what_redis_forgets_or_repeats_doubles_nothing,
        what_was_done_without_an_answer_doubles_nothing;
}

async fn stops_pauses_and_other_deaths_double_nothing(mut fleet: Fleet) {
    let faults = [
        Fault::Deploy,
        Fault::Pause(Role::Worker),
        Fault::Kill(Role::Beat),
        Fault::Kill(Role::Api),
    ];
    double_nothing(&mut fleet, &faults).await;
    fleet.end();
}

async fn what_redis_forgets_or_repeats_doubles_nothing(mut fleet: Fleet) {
    let faults = [
        Fault::FlushAll,
        Fault::OldDump,
        Fault::Poison,
        Fault::KillRedis,
        Fault::PauseRedis,
    ];
    double_nothing(&mut fleet, &faults).await;
    fleet.end();
}

/// Albums are committed, and tasks claimed on Redis, and whoever did so never hears of it.
async fn what_was_done_without_an_answer_doubles_nothing(mut fleet: Fleet) {
    let faults = [
        Fault::Bad(Leg::Postgres, Way::LosesAnswers("COMMIT")),
        Fault::Bad(Leg::Redis, Way::LosesAnswers("EVALSHA")),
    ];
    double_nothing(&mut fleet, &faults).await;
    let servers = fleet.servers();
    let lost = [&servers.to_postgres, &servers.to_redis].map(Proxy::lost_answers);
    assert!(lost.iter().all(|lost| 0 < *lost), "{lost:?} answers lost");
    fleet.end();
}

async fn double_nothing(fleet: &mut Fleet, faults: &[Fault]) {
    let mut random = StdRng::seed_from_u64(3);
    let load = Load::begin(fleet, 40).await;
    for fault in faults {
        sleep(Duration::from_secs(1)).await;
        fault.happens(fleet, &mut random).await;
    }

    let ledger = load.end().await;
    let tally = Tally::of(fleet, &ledger).await;

    tally.assert_sound(&[], 0);
    tally.assert_nothing_doubled();
}

async fn a_killed_sender_costs_the_mails_in_its_hands_at_most(mut fleet: Fleet) {
    let kills = asked_for(KILLS).unwrap_or(USUAL_KILLS);
    let mut random = StdRng::seed_from_u64(4);
    // So slow that a mail is at the final step most of the time.
    fleet.to_sink.becomes(Way::Slow(Duration::from_millis(20)));
    let load = Load::begin(&fleet, 40).await;
    let (mut events, mut found, mut in_flight) = (Vec::new(), 0, 0);
    while found < kills {
        sleep(Duration::from_millis(random.random_range(300..900))).await;
        let kill = Fault::Kill(Role::Worker);
        let event = kill.happens(&mut fleet, &mut random).await;
        found += u64::from(!event.at_final_step.is_empty());
        in_flight += event.at_final_step.len();
        events.push(event);
    }
    fleet.to_sink.becomes(Way::Open);

    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;

    eprintln!(
        "{} kills, {found} of them with {in_flight} mails in flight: {tally}",
        events.len()
    );
    tally.assert_sound(&events, 0);
    fleet.end();
}

async fn a_lost_last_answer_costs_its_mail_alone(mut fleet: Fleet) {
    let mut random = StdRng::seed_from_u64(5);
    let load = Load::begin(&fleet, 20).await;
    sleep(Duration::from_secs(1)).await;
    let lost = Fault::Bad(Leg::Mail, Way::LosesAnswers(".\r\n"));
    let events = [lost.happens(&mut fleet, &mut random).await];

    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;

    let answers = fleet.to_sink.lost_answers();
    assert!(answers > 0, "no answer was lost");
    tally.assert_sound(&events, answers);
    fleet.end();
}
