//! Several beats on one store, and workers that wait.

use std::time::Duration;

use chrono::TimeDelta;
use domain::ports::{Fired, Queues};
use domain::tasks::QueueName;
use futures_util::future::join_all;
use tests::samples::schedule_entry;
use tokio::time::Instant;

use super::{fire, firing, register};
use crate::contracts::world::{FIRST, World};

laws! {
    of_many_that_fire_at_once_one_fires,
    a_worker_that_waits_hears_of_what_was_fired,
}

async fn of_many_that_fire_at_once_one_fires(world: &World) {
    let entry = schedule_entry("a", 60);
    register(world, &[&entry]).await;
    world.passes(TimeDelta::minutes(1));

    let all = (0..20).map(|_| fire(world, firing(&entry, 0, 1)));
    let fired = join_all(all).await;

    let winners = fired.iter().filter(|each| **each == Fired::Now).count();
    assert_eq!(winners, 1);
    assert_eq!(world.lease(&FIRST, 9).await.len(), 1);
}

async fn a_worker_that_waits_hears_of_what_was_fired(world: &World) {
    let entry = schedule_entry("a", 60);
    register(world, &[&entry]).await;
    // The clock stands still, so only the bell can end the wait before the next look.
    let queues = Queues::from(QueueName::default());
    let waits = world
        .queue
        .lease(&FIRST, &queues, 1, Duration::from_secs(20));
    let fires = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        world.passes(TimeDelta::minutes(1));
        fire(world, firing(&entry, 0, 1)).await;
        Instant::now()
    };

    let (leased, fired_at) = tokio::join!(async { (waits.await.unwrap(), Instant::now()) }, fires);

    assert_eq!(leased.0.len(), 1);
    assert!(leased.1 - fired_at < Duration::from_millis(250));
}
