//! What is ours to say is not taken from anybody, however politely they say it.

use serde_json::{Value, json};

use super::ask::{patch, post};
use super::world::{Somebody, World};

/// Every field that an answer shows and no client decides, and some that frameworks have had.
fn forged(other: &Somebody) -> Value {
    json!({
        "id": other.id, "pk": other.id, "account": other.id, "account_id": other.id, "user": other.id,
        "artist": other.id, "artist_id": other.id, "created_at": "1970-01-01T00:00:00Z",
        "updated_at": "1970-01-01T00:00:00Z", "is_approved": true, "is_staff": true,
        "is_superuser": true, "is_active": true, "token": "of mine", "expiry": "9999-01-01T00:00:00Z",
        "is_unsubscribed": true, "__proto__": { "is_staff": true }
    })
}

/// `body` with everything forged beside it.
fn with_forged(body: &Value, other: &Somebody) -> Value {
    let mut whole = forged(other);
    let fields = body.as_object().unwrap().clone();
    whole.as_object_mut().unwrap().extend(fields);
    whole
}

#[tokio::test]
async fn an_account_is_what_we_make_it_whatever_is_sent_along() {
    let world = World::new();
    let ada = world.account("ada").await;
    let body = json!({"username": "eve", "email": "eve@example.com", "password": "correct horse"});
    let register = post("/authentication/register/", &with_forged(&body, &ada));

    let user = world.body(register, 201).await["user"].clone();

    assert_ne!(user["id"], json!(ada.id));
    assert_eq!(user["is_staff"], false);
    assert_eq!(user["created_at"], "2023-11-14T22:13:20.000001Z");
}

#[tokio::test]
async fn editing_changes_what_may_be_edited_alone() {
    let world = World::new();
    let (ada, eve) = (world.artist("ada").await, world.artist("eve").await);
    let album = world.publish(&ada, "First").await;
    for (path, field) in [(format!("/users/{}/", ada.id), "bio"), (album, "name")] {
        let change = json!({ field: "of hers" });
        let before = world
            .body(patch(&path, &json!({})).by(&ada.token), 200)
            .await;

        let edit = patch(&path, &with_forged(&change, &eve)).by(&ada.token);
        let mut after = world.body(edit, 200).await;

        assert_eq!(after[field], "of hers");
        after[field] = before[field].clone();
        assert_eq!(after, before, "{path}");
    }
}

#[tokio::test]
async fn artists_and_albums_are_of_whoever_makes_them() {
    let world = World::new();
    let (ada, bob) = (world.artist("ada").await, world.account("bob").await);
    let body = with_forged(&json!({"stage_name": "Bob", "name": "First"}), &ada);

    let artist = world
        .body(post("/artists/", &body).by(&bob.token), 201)
        .await;
    let album = world
        .body(post("/albums/", &body).by(&bob.token), 201)
        .await;

    assert_ne!(artist["id"], json!(ada.id));
    assert_eq!(album["artist"]["id"], artist["id"]);
    assert_eq!(album["is_approved"], false);
    assert_eq!(album["created_at"], "2023-11-14T22:13:20.000001Z");
}
