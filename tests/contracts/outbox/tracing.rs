//! What is on its way: seen, called back, handed over.

use std::time::Duration;

use domain::ports::{Lost, OnTheirWay, TaskState};
use domain::tasks::{Envelope, OwnWork};
use tests::samples::{START, task, value};

use super::{OTHER_RELAY, RELAY, names, relay};
use crate::contracts::world::{FIRST, World, ids, only};

laws! {
    what_is_on_its_way_is_told_by_queue_and_relay,
    what_was_lost_is_relayed_again,
    only_what_was_lost_is_called_back,
    what_was_taken_is_not_called_back,
    what_is_not_our_own_work_ends_when_it_is_handed_over,
}

async fn what_is_on_its_way_is_told_by_queue_and_relay(world: &World) {
    let elsewhere = Envelope {
        queue: value("elsewhere"),
        ..task("c")
    };
    world.enqueue(&["a", "b"].map(task)).await;
    relay(world, 3).await;
    world.enqueue(&[task("d"), elsewhere]).await;
    relay(world, 5).await;
    world.outbox.take(&FIRST, &[value("a")]).await.unwrap();

    let mut found = world.outbox.on_their_way().await.unwrap();

    found.sort_by(|one, other| one.queue.as_str().cmp(other.queue.as_str()));
    let told = found.iter().map(|it| {
        assert_eq!(it.relay, RELAY);
        assert!(it.oldest < Duration::from_mins(10), "{it:?}");
        (it.queue.as_str(), it.tasks, it.last_push)
    });
    let told: Vec<_> = told.collect();
    assert_eq!(told, [("celery", 2, 5), ("elsewhere", 1, 5)]);
}

async fn what_was_lost_is_relayed_again(world: &World) {
    world.enqueue(&["a", "b"].map(task)).await;
    relay(world, 1).await;
    let lost = Lost::by(RELAY, 1..=1);

    assert_eq!(world.outbox.call_back(&lost).await.unwrap(), 2);
    assert_eq!(world.outbox.call_back(&lost).await.unwrap(), 0);

    assert_eq!(names(&relay(world, 2).await), ["a", "b"]);
    let both = [value("a"), value("b")];
    let taken = world.outbox.take(&FIRST, &both).await.unwrap();
    assert_eq!(ids(&taken), ["a", "b"]);
    assert!(
        taken
            .iter()
            .all(|lease| (lease.attempt, lease.crashes) == (1, 0))
    );
}

async fn only_what_was_lost_is_called_back(world: &World) {
    world.enqueue(&[task("a")]).await;
    relay(world, 2).await;
    let mine = || Lost::by(RELAY, Lost::EVERY_PUSH);
    let others = [
        Lost::by(OTHER_RELAY, Lost::EVERY_PUSH),
        Lost::by(RELAY, 0..=1),
        Lost::by(RELAY, 3..=u64::MAX),
        Lost {
            queue: Some(value("elsewhere")),
            ..mine()
        },
        Lost {
            for_at_least: Duration::from_hours(1),
            ..mine()
        },
    ];
    for other in others {
        assert_eq!(
            world.outbox.call_back(&other).await.unwrap(),
            0,
            "{other:?}"
        );
    }

    let anybodys = Lost {
        relay: None,
        queue: Some(value("celery")),
        ..mine()
    };
    assert_eq!(world.outbox.call_back(&anybodys).await.unwrap(), 1);
}

async fn what_was_taken_is_not_called_back(world: &World) {
    world.enqueue(&[task("a")]).await;
    relay(world, 1).await;
    world.outbox.take(&FIRST, &[value("a")]).await.unwrap();

    let lost = Lost::by(RELAY, Lost::EVERY_PUSH);
    assert_eq!(world.outbox.call_back(&lost).await.unwrap(), 0);
    assert_eq!(
        world.outbox.on_their_way().await.unwrap(),
        Vec::<OnTheirWay>::new()
    );
}

async fn what_is_not_our_own_work_ends_when_it_is_handed_over(world: &World) {
    let unknown = Envelope {
        name: value("reports.tasks.weekly"),
        ..task("unknown")
    };
    let pythons = Envelope {
        queue: value("legacy"),
        ..task("python's")
    };
    world.enqueue(&[task("ours"), unknown, pythons]).await;
    relay(world, 1).await;
    let own = OwnWork {
        names: vec![task("ours").name],
        python_queues: vec![value("legacy")],
    };
    let hand_over = async |relay, pushes| {
        let handed_over = world.outbox.hand_over(&relay, pushes, &own).await;
        handed_over.unwrap()
    };

    assert_eq!(hand_over(OTHER_RELAY, 0..=9).await, 0);
    assert_eq!(hand_over(RELAY, 2..=9).await, 0);
    assert_eq!(hand_over(RELAY, 0..=1).await, 2);
    assert_eq!(hand_over(RELAY, 0..=1).await, 0);

    let done = world.rows(TaskState::Done).await;
    let mut ended: Vec<_> = done.iter().map(|row| row.id.as_str()).collect();
    ended.sort_unstable();
    assert_eq!(ended, ["python's", "unknown"]);
    assert!(done.iter().all(|row| row.ended_at == Some(START)));
    assert_eq!(only(world.rows(TaskState::Waiting).await).id, value("ours"));
}
