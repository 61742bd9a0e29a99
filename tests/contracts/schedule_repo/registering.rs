//! How entries become known.

use chrono::TimeDelta;
use domain::ports::{Fired, Standing};
use domain::schedules::AHEAD_AT_MOST;
use tests::samples::schedule_entry;

use super::{at, fire, firing, register};
use crate::contracts::world::{World, only};

laws! {
    a_new_entry_begins_now,
    a_known_entry_stays_where_it_stands,
    an_entry_with_another_schedule_begins_anew,
    an_entry_that_stands_far_ahead_of_the_clock_begins_anew,
    entries_that_nobody_speaks_of_stay,
    nothing_may_be_registered,
    the_time_of_the_store_goes_on,
}

async fn a_new_entry_begins_now(world: &World) {
    world.passes(TimeDelta::minutes(3));

    let standings = register(world, &[&schedule_entry("b", 60), &schedule_entry("a", 90)]).await;

    let standing = |schedule: &str| Standing {
        schedule: schedule.to_owned(),
        anchor: at(3),
        last_due: at(3),
    };
    assert_eq!(standings, [standing("every 1 min"), standing("every 90 s")]);
    let rows = world.schedules.list().await.unwrap();
    let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!((rows[0].fired, rows[0].skipped), (0, 0));
    assert_eq!((rows[0].last_fired_at, rows[0].last_skipped), (None, None));
}

async fn a_known_entry_stays_where_it_stands(world: &World) {
    let entry = schedule_entry("a", 60);
    register(world, &[&entry]).await;
    fire(world, firing(&entry, 0, 1)).await;
    world.passes(TimeDelta::days(400));

    let standing = only(register(world, &[&entry]).await);

    assert_eq!((standing.anchor, standing.last_due), (at(0), at(1)));
}

async fn an_entry_with_another_schedule_begins_anew(world: &World) {
    let (old, new) = (schedule_entry("a", 60), schedule_entry("a", 120));
    register(world, &[&old]).await;
    fire(world, firing(&old, 0, 1)).await;
    world.passes(TimeDelta::minutes(9));

    let standing = only(register(world, &[&new]).await);

    assert_eq!((standing.anchor, standing.last_due), (at(9), at(9)));
    // A beat that still goes by the old schedule is told.
    let fired = fire(world, firing(&old, 9, 10)).await;
    assert_eq!(fired, Fired::Elsewhere(Some(standing)));
}

async fn an_entry_that_stands_far_ahead_of_the_clock_begins_anew(world: &World) {
    let entry = schedule_entry("a", 60);
    register(world, &[&entry]).await;
    fire(world, firing(&entry, 0, 1)).await;

    // The clock was wrong, and is put right.
    world.passes(TimeDelta::minutes(1) - AHEAD_AT_MOST);
    let standing = only(register(world, &[&entry]).await);
    assert_eq!((standing.anchor, standing.last_due), (at(0), at(1)));

    world.passes(-TimeDelta::microseconds(1));
    let standing = only(register(world, &[&entry]).await);
    let now = at(1) - AHEAD_AT_MOST - TimeDelta::microseconds(1);
    assert_eq!((standing.anchor, standing.last_due), (now, now));
}

async fn entries_that_nobody_speaks_of_stay(world: &World) {
    let (first, second) = (schedule_entry("a", 60), schedule_entry("b", 60));
    register(world, &[&first, &second]).await;
    world.passes(TimeDelta::minutes(5));

    register(world, &[&second]).await;

    assert_eq!(fire(world, firing(&first, 0, 1)).await, Fired::Now);
}

async fn nothing_may_be_registered(world: &World) {
    assert_eq!(register(world, &[]).await, []);
    assert_eq!(world.schedules.list().await.unwrap(), []);
    assert_eq!(world.schedules.fire(&[]).await.unwrap(), []);
}

async fn the_time_of_the_store_goes_on(world: &World) {
    let first = world.schedules.time().await.unwrap();
    world.passes(TimeDelta::seconds(1));
    let second = world.schedules.time().await.unwrap();

    assert!(first < second, "{first} {second}");
}
