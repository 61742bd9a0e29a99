//! Publishing, editing and deleting albums.

use domain::model::Price;
use serde_json::{Value, json};

use super::ask::{delete, get, patch, post};
use super::world::{PUBLIC_URL, World};

#[tokio::test]
async fn an_album_is_published_and_its_congratulation_queued() {
    let world = World::new();
    let ada = world.artist("ada").await;
    let body = json!({ "name": "  First ", "release_date": "2024-02-29", "cost": "9.9", "id": 7,
        "is_approved": true, "artist": "somebody else", "unknown": { "deep": [] } });

    let album = world.send(post("/albums/", &body).by(&ada.token)).await;

    assert_eq!(album.status, 201);
    assert_eq!(album.body["name"], "First");
    assert_eq!(album.body["release_date"], "2024-02-29");
    assert_eq!(album.body["cost"], "9.90");
    assert_eq!(album.body["is_approved"], false);
    assert_eq!(album.body["artist"]["stage_name"], "ada");
    assert_eq!(album.body["artist"]["social_link"], Value::Null);
    assert_eq!(album.body["created_at"], "2023-11-14T22:13:20.000001Z");
    let path = format!("/albums/{}/", album.text("/id"));
    assert_eq!(album.header("location"), format!("{PUBLIC_URL}{path}"));
    assert_eq!(world.body(get(&path).by(&ada.token), 200).await, album.body);
    assert_eq!(world.tasks_waiting().await, 1);
}

#[tokio::test]
async fn a_cost_is_a_string_or_a_number_and_never_rounded() {
    let world = World::new();
    let ada = world.artist("ada").await;
    let most = Price::MOST.to_string();
    for (number, (given, kept)) in [
        ("0.07", "0.07"),
        ("12", "12.00"),
        ("\"7\"", "7.00"),
        (most.as_str(), most.as_str()),
    ]
    .into_iter()
    .enumerate()
    {
        let body = format!(r#"{{"name":"{number}","cost":{given}}}"#);
        let ask = super::ask::ask("POST", "/albums/").raw(body.as_bytes());

        assert_eq!(world.body(ask.by(&ada.token), 201).await["cost"], kept);
    }
}

#[tokio::test]
async fn only_artists_publish_and_a_name_only_once() {
    let world = World::new();
    let bob = world.account("bob").await;
    let ada = world.artist("ada").await;
    let eve = world.artist("eve").await;
    let album = |name: &str| post("/albums/", &json!({ "name": name }));

    world.refused(album("First"), 401).await;
    world.refused(album("First").by(&bob.token), 403).await;
    world.body(album("First").by(&ada.token), 201).await;
    let twice = world.refused(album("FIRST").by(&ada.token), 409).await;
    assert_eq!(twice.wrong(), ["name"]);
    world.body(album("First").by(&eve.token), 201).await;
    assert_eq!(world.tasks_waiting().await, 2);
}

#[tokio::test]
async fn an_album_is_seen_by_its_artist_and_staff_until_it_is_approved() {
    let world = World::new();
    let staff = world.staff("root").await;
    let ada = world.artist("ada").await;
    let eve = world.artist("eve").await;
    let path = world.publish(&ada, "First").await;

    world.refused(get(&path), 404).await;
    world.refused(get(&path).by(&eve.token), 404).await;
    world.refused(delete(&path).by(&eve.token), 404).await;
    for somebody in [&ada, &staff] {
        world.body(get(&path).by(&somebody.token), 200).await;
    }

    let approve = || patch(&path, &json!({ "is_approved": true }));
    let by_owner = world.body(approve().by(&ada.token), 200).await;
    assert_eq!(by_owner["is_approved"], false);
    let by_staff = world.body(approve().by(&staff.token), 200).await;
    assert_eq!(by_staff["is_approved"], true);
    world.body(get(&path), 200).await;
    world.refused(approve().by(&eve.token), 403).await;
    world.refused(delete(&path).by(&eve.token), 403).await;
}

#[tokio::test]
async fn an_edit_changes_what_is_given_and_sends_nothing() {
    let world = World::new();
    let ada = world.artist("ada").await;
    let body = json!({ "name": "First", "release_date": "2024-02-29", "cost": 5 });
    let album = world
        .body(post("/albums/", &body).by(&ada.token), 201)
        .await;
    let path = format!("/albums/{}/", album["id"].as_str().unwrap());
    world.publish(&ada, "Second").await;
    let edit = |body: &Value| patch(&path, body).by(&ada.token);

    assert_eq!(world.body(edit(&json!({})), 200).await, album);
    let edited = json!({ "name": "Third", "cost": null });
    let edited = world.body(edit(&edited), 200).await;
    assert_eq!(edited["name"], "Third");
    assert_eq!(edited["cost"], Value::Null);
    assert_eq!(edited["release_date"], "2024-02-29");
    let taken = world.refused(edit(&json!({ "name": "second" })), 409).await;
    assert_eq!(taken.wrong(), ["name"]);
    let wrong = json!({ "name": null, "cost": "free", "release_date": "29.2.", "is_approved": 7 });
    let wrong = world.refused(edit(&wrong), 400).await;
    assert_eq!(wrong.wrong(), ["cost", "name", "release_date"]);
    world.refused(patch(&path, &json!({})), 401).await;
    assert_eq!(world.tasks_waiting().await, 2);
}

#[tokio::test]
async fn staff_must_say_clearly_whether_an_album_is_approved() {
    let world = World::new();
    let staff = world.staff("root").await;
    let ada = world.artist("ada").await;
    let path = world.publish(&ada, "First").await;

    let unclear = patch(&path, &json!({ "is_approved": "yes" })).by(&staff.token);

    assert_eq!(world.refused(unclear, 400).await.wrong(), ["is_approved"]);
}

#[tokio::test]
async fn a_deleted_album_is_gone() {
    let world = World::new();
    let ada = world.artist("ada").await;
    let path = world.publish(&ada, "First").await;

    world.refused(delete(&path), 401).await;
    world.body(delete(&path).by(&ada.token), 204).await;
    world.refused(delete(&path).by(&ada.token), 404).await;
    world.refused(get(&path).by(&ada.token), 404).await;
    world.publish(&ada, "First").await;
}
