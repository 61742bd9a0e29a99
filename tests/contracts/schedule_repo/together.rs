//! Several beats on one store, and workers that wait.

use std::time::Duration;

use chrono::TimeDelta;
use domain::ports::{Fired, Queues};
use domain::tasks::QueueName;
use futures_util::future::join_all;
use tests::patience::once_within;
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
    let queues = Queues::from(QueueName::default());
    // Sooner than the next look, half a second after the first, is the bell alone.
    once_within(Duration::from_millis(250), async |number| {
        let minute = i64::from(number);
        let waits = async {
            let waiting = world
                .queue
                .lease(&FIRST, &queues, 1, Duration::from_mins(1));
            (waiting.await.unwrap(), Instant::now())
        };
        let fires = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            world.passes(TimeDelta::minutes(1));
            fire(world, firing(&entry, minute, minute + 1)).await;
            Instant::now()
        };

        let ((leased, heard_at), fired_at) = tokio::join!(waits, fires);

        assert_eq!(leased.len(), 1);
        heard_at - fired_at
    })
    .await;
}
