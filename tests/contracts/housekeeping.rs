//! The laws of clearing away what has had its time.

use std::time::Duration;

use chrono::TimeDelta;
use domain::ports::{Added, Fingerprint, NewAlbum, Once, TaskState, Tidied, Verdict};
use domain::schedules::OCCURRENCES_KEPT_FOR;
use domain::tasks::{DONE_TASKS_KEPT_FOR, Reason};
use serde_json::Value;
use tests::samples::{
    START, congratulation, mail_pause, new_account, new_album, schedule_entry, task, token, value,
};

use crate::contracts::schedule_repo::{fire, firing, register, skipping};
use crate::contracts::world::{FIRST, SECOND, World, only};

laws! {
    in_an_empty_store_there_is_nothing_to_clear_away,
    done_tasks_are_kept_for_48_hours_and_no_longer,
    only_done_tasks_are_cleared_away,
    expired_tokens_are_cleared_away,
    answers_are_cleared_away_when_their_keys_end,
    pauses_of_the_dead_are_cleared_away,
    what_a_pause_of_the_dead_held_back_is_due_at_once,
    occurrences_are_kept_for_48_hours_and_the_last_of_each_entry_longer,
    much_is_cleared_away_in_steps,
}

/// The smallest step of time.
const MOMENT: TimeDelta = TimeDelta::microseconds(1);

async fn in_an_empty_store_there_is_nothing_to_clear_away(world: &World) {
    assert_eq!(tidy(world).await, Tidied::default());
}

async fn done_tasks_are_kept_for_48_hours_and_no_longer(world: &World) {
    done(world, 1).await;

    world.passes(DONE_TASKS_KEPT_FOR);
    assert_eq!(tidy(world).await, Tidied::default());
    assert_eq!(world.counts().await.unwrap().done, 1);

    world.passes(MOMENT);
    let tasks = Tidied {
        tasks: 1,
        ..Tidied::default()
    };
    assert_eq!(tidy(world).await, tasks);
    assert_eq!(tidy(world).await, Tidied::default());
    assert_eq!(world.counts().await, None);
}

async fn only_done_tasks_are_cleared_away(world: &World) {
    world.enqueue(&["held", "buried"].map(task)).await;
    let buried = world.lease(&FIRST, 9).await.pop().unwrap();
    world
        .settle(buried, Verdict::Bury(Reason::new("no hope")))
        .await;
    world.enqueue(&[task("waiting")]).await;

    world.passes(TimeDelta::days(1000));

    assert_eq!(tidy(world).await, Tidied::default());
    for state in [TaskState::Waiting, TaskState::Running, TaskState::Buried] {
        assert_eq!(world.rows(state).await.len(), 1, "{state:?}");
    }
}

async fn expired_tokens_are_cleared_away(world: &World) {
    world.accounts.add(&new_account(1)).await.unwrap();
    let mut long = token(2, 1);
    long.expires_at += TimeDelta::days(1);
    for each in [&token(1, 1), &long] {
        world.tokens.add(each).await.unwrap();
    }

    world.passes(TimeDelta::days(10) - MOMENT);
    assert_eq!(tidy(world).await, Tidied::default());

    world.passes(MOMENT);
    let tokens = Tidied {
        tokens: 1,
        ..Tidied::default()
    };
    assert_eq!(tidy(world).await, tokens);
    assert_eq!(tidy(world).await, Tidied::default());
    let now = START + TimeDelta::days(10);
    let caller = world.tokens.caller(&long.digest, now).await.unwrap();
    assert!(caller.is_some(), "what has not expired is good");
}

async fn answers_are_cleared_away_when_their_keys_end(world: &World) {
    let artist = world.artist(1).await;
    let once = |key, hours| Once {
        key: value(key),
        fingerprint: Fingerprint([7; 32]),
        keep_until: START + TimeDelta::hours(hours),
    };
    let with_key = |number, once| NewAlbum {
        once: Some(once),
        ..new_album(&artist, number)
    };
    let (short, long) = (with_key(1, once("a", 24)), with_key(2, once("b", 25)));
    for new in [&short, &long] {
        assert_eq!(add(world, new).await, Added::New);
    }

    world.passes(TimeDelta::hours(24) - MOMENT);
    assert_eq!(tidy(world).await, Tidied::default());

    world.passes(MOMENT);
    let answers = Tidied {
        answers: 1,
        ..Tidied::default()
    };
    assert_eq!(tidy(world).await, answers);
    assert_eq!(tidy(world).await, Tidied::default());
    let kept = Added::Repeated(long.details.clone());
    assert_eq!(add(world, &long).await, kept);
    let album = world.albums.get(short.details.album.id).await.unwrap();
    assert_eq!(album, Some(short.details), "the album itself stays");
}

async fn pauses_of_the_dead_are_cleared_away(world: &World) {
    for sender in [FIRST, SECOND] {
        world.alive(&sender).await;
        world.pauses.begin(&mail_pause(sender, 0)).await.unwrap();
    }
    world.passes(TimeDelta::days(1000));
    assert_eq!(tidy(world).await, Tidied::default());

    world.dies(&SECOND).await;

    let pauses = Tidied {
        pauses: 1,
        ..Tidied::default()
    };
    assert_eq!(tidy(world).await, pauses);
    assert_eq!(tidy(world).await, Tidied::default());
    let kept = world.pauses.list().await.unwrap();
    assert_eq!(kept, [mail_pause(FIRST, 0)]);
}

async fn occurrences_are_kept_for_48_hours_and_the_last_of_each_entry_longer(world: &World) {
    let entry = schedule_entry("a", 60);
    register(world, &[&entry]).await;
    world.passes(TimeDelta::minutes(9));
    fire(world, firing(&entry, 0, 1)).await;
    fire(world, skipping(firing(&entry, 1, 4), 2, 3)).await;
    fire(world, firing(&entry, 4, 5)).await;

    world.passes(OCCURRENCES_KEPT_FOR);
    assert_eq!(tidy(world).await, Tidied::default());

    world.passes(MOMENT);
    let occurrences = Tidied {
        occurrences: 3,
        ..Tidied::default()
    };
    assert_eq!(tidy(world).await, occurrences);
    assert_eq!(tidy(world).await, Tidied::default());
    let row = only(world.schedules.list().await.unwrap());
    assert_eq!((row.fired, row.skipped, row.last_skipped), (3, 2, None));
}

async fn what_a_pause_of_the_dead_held_back_is_due_at_once(world: &World) {
    let hour = Duration::from_hours(1);
    let paused = mail_pause(FIRST, 0);
    let other = Reason::new("450 try again later");
    world.enqueue(&["held back", "put off"].map(task)).await;
    for reason in [&paused.reason, &other] {
        let lease = world.lease(&FIRST, 1).await.pop().unwrap();
        let verdict = Verdict::Postpone(hour, reason.clone());
        world.settle(lease, verdict).await;
    }
    world.pauses.begin(&paused).await.unwrap();
    assert_eq!(tidy(world).await, Tidied::default());
    assert_eq!(world.due_ids(&SECOND).await, Vec::<String>::new());

    world.dies(&FIRST).await;
    tidy(world).await;

    assert_eq!(world.due_ids(&SECOND).await, ["held back"]);
    world.passes(TimeDelta::hours(1));
    assert_eq!(world.due_ids(&SECOND).await, ["put off"]);
}

async fn much_is_cleared_away_in_steps(world: &World) {
    done(world, 2_500).await;
    world.passes(DONE_TASKS_KEPT_FOR + MOMENT);

    assert_eq!(tidy(world).await.tasks, 2_500);
    assert_eq!(world.counts().await, None);
}

/// Clears away until there is nothing left; answers how much it was in all.
async fn tidy(world: &World) -> Tidied {
    let mut all = Tidied::default();
    loop {
        let step = world.housekeeping.tidy().await.unwrap();
        if step == Tidied::default() {
            return all;
        }
        all.tasks += step.tasks;
        all.tokens += step.tokens;
        all.answers += step.answers;
        all.pauses += step.pauses;
        all.occurrences += step.occurrences;
    }
}

/// So many tasks, carried out at this moment.
async fn done(world: &World, count: usize) {
    let tasks: Vec<_> = (0..count).map(|number| task(&number.to_string())).collect();
    world.enqueue(&tasks).await;
    let leases = world.lease(&FIRST, count).await.into_iter();
    let ended: Vec<_> = leases
        .map(|lease| lease.end(Verdict::Done(Value::Null)))
        .collect();
    world.queue.settle(&ended).await.unwrap();
}

async fn add(world: &World, new: &NewAlbum) -> Added {
    let follow_up = congratulation(&new.details.album);
    world.albums.add(new, &follow_up).await.unwrap()
}
