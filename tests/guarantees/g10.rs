//! G10: a poison message stops nothing.

use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tests::scripted_smtp::{Act, Script, Step};
use tokio::time::{Instant, sleep};

use super::faults::Fault;
use super::fleet::{Fleet, Role};
use crate::programs::inspected;

const SOON: Duration = Duration::from_mins(1);

promises! {
    everywhere: a_task_that_brings_its_worker_down_three_times_is_buried;
    on servers: what_nobody_understands_is_set_aside_and_stops_nothing;
}

async fn what_nobody_understands_is_set_aside_and_stops_nothing(mut fleet: Fleet) {
    let mut ada = fleet.artist("ada").await;
    let first = ada.publish("First").await.unwrap();
    fleet.until_mailed(&[first], SOON).await;
    fleet.until_at_rest().await;

    Fault::Poison
        .happens(&mut fleet, &mut StdRng::seed_from_u64(10))
        .await;
    let second = ada.publish("Second").await.unwrap();

    fleet.until_mailed(&[second], SOON).await;
    fleet.until_at_rest().await;
    assert_eq!(fleet.mailed(), [first, second]);
    let found = inspected(fleet.folder());
    let set_aside = found["redis"]["quarantined"].as_array().unwrap().len();
    assert_eq!(set_aside, 4, "{found}");
    fleet.end();
}

async fn a_task_that_brings_its_worker_down_three_times_is_buried(mut fleet: Fleet) {
    fleet.stop(Role::Worker);
    let mut ada = fleet.artist("ada").await;
    // Whoever has it hangs at it.
    fleet.sink.from_now_on(Step::Data, Act::Stall);
    let poison = ada.publish("Poison").await.unwrap();
    let tried = |fleet: &Fleet| {
        let commands = fleet.sink.seen().commands;
        commands.iter().filter(|line| *line == "DATA").count()
    };
    for kill in 0..3 {
        let began = Instant::now();
        while tried(&fleet) <= kill {
            assert!(
                began.elapsed() < SOON,
                "nobody begins: {}",
                inspected(fleet.folder())
            );
            sleep(Duration::from_millis(20)).await;
        }
        fleet.kill(Role::Worker);
        fleet.start(Role::Worker);
    }
    let began = Instant::now();
    while inspected(fleet.folder())["queues"][0]["buried"] != 1 {
        assert!(
            began.elapsed() < SOON,
            "not buried: {}",
            inspected(fleet.folder())
        );
        sleep(Duration::from_millis(100)).await;
    }

    fleet.sink.play(Script::usual());
    let another = fleet.artist("eve").await.publish("Another").await.unwrap();
    fleet.until_mailed(&[another], SOON).await;
    assert!(!fleet.mailed().contains(&poison));
    fleet.end();
}
