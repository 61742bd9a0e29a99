//! The laws of showing who sends no mail for now.

use chrono::TimeDelta;
use tests::samples::mail_pause;

use super::world::{FIRST, SECOND, THIRD, World};

laws! {
    without_pauses_there_is_nothing_to_see,
    pauses_are_shown_the_longest_standing_first,
    a_sender_has_one_pause_which_is_replaced,
    an_ended_pause_is_gone_and_may_be_ended_twice,
    pauses_of_the_dead_are_not_shown,
    a_pause_stands_beyond_its_time_while_its_sender_lives,
}

async fn without_pauses_there_is_nothing_to_see(world: &World) {
    assert_eq!(world.pauses.list().await.unwrap(), []);
}

async fn pauses_are_shown_the_longest_standing_first(world: &World) {
    let (first, second, third) = (
        mail_pause(FIRST, 3),
        mail_pause(SECOND, 1),
        mail_pause(THIRD, 3),
    );
    for pause in [&third, &first, &second] {
        world.alive(&pause.sender).await;
        world.pauses.begin(pause).await.unwrap();
    }

    assert_eq!(world.pauses.list().await.unwrap(), [second, first, third]);
}

async fn a_sender_has_one_pause_which_is_replaced(world: &World) {
    world.alive(&FIRST).await;
    world.pauses.begin(&mail_pause(FIRST, 1)).await.unwrap();

    let longer = mail_pause(FIRST, 2);
    for _ in 0..2 {
        world.pauses.begin(&longer).await.unwrap();
    }

    assert_eq!(world.pauses.list().await.unwrap(), [longer]);
}

async fn an_ended_pause_is_gone_and_may_be_ended_twice(world: &World) {
    for sender in [FIRST, SECOND] {
        world.alive(&sender).await;
        world.pauses.begin(&mail_pause(sender, 0)).await.unwrap();
    }

    for _ in 0..2 {
        world.pauses.end(FIRST).await.unwrap();
        let left = world.pauses.list().await.unwrap();
        assert_eq!(left, [mail_pause(SECOND, 0)]);
    }
}

async fn pauses_of_the_dead_are_not_shown(world: &World) {
    world.alive(&FIRST).await;
    world.pauses.begin(&mail_pause(FIRST, 0)).await.unwrap();
    let never_alive = mail_pause(SECOND, 0);
    world.pauses.begin(&never_alive).await.unwrap();

    world.dies(&FIRST).await;

    assert_eq!(world.pauses.list().await.unwrap(), []);
}

async fn a_pause_stands_beyond_its_time_while_its_sender_lives(world: &World) {
    world.alive(&FIRST).await;
    let pause = mail_pause(FIRST, 0);
    world.pauses.begin(&pause).await.unwrap();

    world.passes(TimeDelta::days(9));

    assert_eq!(world.pauses.list().await.unwrap(), [pause]);
}
