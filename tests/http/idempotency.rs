//! A request that is repeated is one request.

use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;

use super::ask::{Ask, ask, post};
use super::world::{Somebody, World};

fn album(somebody: &Somebody, key: &str, name: &str) -> Ask {
    post("/albums/", &json!({ "name": name }))
        .by(&somebody.token)
        .header("idempotency-key", key)
}

#[tokio::test]
async fn the_same_request_has_the_same_answer_and_no_effect() {
    let world = World::new();
    let ada = world.artist("ada").await;

    let first = world.send(album(&ada, "k1", "First")).await;
    let again = world.send(album(&ada, "k1", "First")).await;

    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(first.header("idempotency-replayed"), "");
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(world.tasks_waiting().await, 1);
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused() {
    let world = World::new();
    let ada = world.artist("ada").await;
    let eve = world.artist("eve").await;
    world.body(album(&ada, "k1", "First"), 201).await;

    world.refused(album(&ada, "k1", "Second"), 422).await;

    assert_eq!(world.tasks_waiting().await, 1);
    world.body(album(&eve, "k1", "Second"), 201).await;
    world.body(album(&ada, "k2", "Second"), 201).await;
}

#[tokio::test]
async fn of_many_at_once_one_publishes() {
    let world = World::new();
    let ada = world.artist("ada").await;

    let answers = join_all((0..20).map(|_| world.send(album(&ada, "k1", "First")))).await;

    let is_new = |replayed: &str| replayed.is_empty();
    let new = answers
        .iter()
        .filter(|answer| is_new(answer.header("idempotency-replayed")));
    assert_eq!(new.count(), 1);
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (201, &answers[0].body));
    }
    assert_eq!(world.tasks_waiting().await, 1);
}

#[tokio::test]
async fn a_key_is_kept_for_a_day() {
    let world = World::new();
    let ada = world.artist("ada").await;
    world.body(album(&ada, "k1", "First"), 201).await;

    world.clock.advance(TimeDelta::hours(24));

    world.refused(album(&ada, "k1", "First"), 409).await;
    world.body(album(&ada, "k1", "Second"), 201).await;
}

#[tokio::test]
async fn what_is_no_key_is_refused() {
    let world = World::new();
    let ada = world.artist("ada").await;
    let long = "k".repeat(256);

    for key in ["", "two words", "schlüssel", &long] {
        let refusal = world.refused(album(&ada, key, "First"), 400).await;
        assert_eq!(refusal.wrong(), ["Idempotency-Key"]);
    }

    assert_eq!(world.tasks_waiting().await, 0);
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let world = World::new();
    let ada = world.artist("ada").await;
    let invalid = ask("POST", "/albums/").raw(b"{}").by(&ada.token);
    world
        .refused(invalid.header("idempotency-key", "k1"), 400)
        .await;

    world.body(album(&ada, "k1", "First"), 201).await;
}
