//! G3: no mail is taken twice, but when its sender dies, or its last answer is lost, at the final
//! step; and then at most the mails in that sender's hands.
//!
//! `CRASH_KILLS=300 tests/run g3` kills workers until 300 of them had a mail in their hands.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tests::proxy::Way;
use tokio::time::sleep;

use super::asked_for;
use super::faults::{Fault, Leg};
use super::fleet::{Fleet, Role};
use super::load::Load;
use super::tally::Tally;
use crate::programs::inspected;

const KILLS: &str = "CRASH_KILLS";
const USUAL_KILLS: u64 = 6;

promises! {
    everywhere:
        stops_pauses_and_other_deaths_double_nothing,
        a_killed_sender_costs_the_mails_in_its_hands_at_most,
        a_lost_last_answer_costs_its_mail_alone;
    on servers: what_redis_forgets_or_repeats_doubles_nothing;
}

async fn stops_pauses_and_other_deaths_double_nothing(fleet: Fleet) {
    let faults = [
        Fault::Deploy,
        Fault::Pause(Role::Worker),
        Fault::Kill(Role::Beat),
        Fault::Kill(Role::Api),
    ];
    double_nothing(fleet, &faults).await;
}

async fn what_redis_forgets_or_repeats_doubles_nothing(fleet: Fleet) {
    let faults = [
        Fault::FlushAll,
        Fault::OldDump,
        Fault::Poison,
        Fault::KillRedis,
        Fault::PauseRedis,
    ];
    double_nothing(fleet, &faults).await;
}

async fn double_nothing(mut fleet: Fleet, faults: &[Fault]) {
    let mut random = StdRng::seed_from_u64(3);
    let load = Load::begin(&fleet, 40).await;
    for fault in faults {
        sleep(Duration::from_secs(1)).await;
        fault.happens(&mut fleet, &mut random).await;
    }

    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;

    tally.assert_sound(&[], 0);
    tally.assert_nothing_doubled();
    fleet.end();
}

async fn a_killed_sender_costs_the_mails_in_its_hands_at_most(mut fleet: Fleet) {
    let kills = asked_for(KILLS).unwrap_or(USUAL_KILLS);
    let mut random = StdRng::seed_from_u64(4);
    // So slow that mails are in flight nearly always.
    fleet.to_sink.becomes(Way::Slow(Duration::from_millis(10)));
    let load = Load::begin(&fleet, 40).await;
    let (mut events, mut found) = (Vec::new(), 0);
    while found < kills {
        sleep(Duration::from_millis(random.random_range(300..900))).await;
        events.push(
            Fault::Kill(Role::Worker)
                .happens(&mut fleet, &mut random)
                .await,
        );
        let mails = &inspected(fleet.folder())["mails"];
        let in_flight = |state: &str| mails[state].as_u64().unwrap_or_default();
        found += u64::from(in_flight("claimed") + in_flight("sending") > 0);
    }
    fleet.to_sink.becomes(Way::Open);

    let ledger = load.end().await;
    let tally = Tally::of(&fleet, &ledger).await;

    eprintln!(
        "{} kills, {found} with a mail in flight: {tally}",
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
