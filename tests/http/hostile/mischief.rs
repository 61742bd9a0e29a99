//! Those who pretend to be somebody else, or more than they are.

use serde_json::json;

use super::super::ask::{ask, get, patch, post};
use super::super::world::World;
use super::Stage;

#[tokio::test]
async fn tokens_that_are_none_are_refused_everywhere() {
    let stage = Stage::new().await;
    let long = "x".repeat(10_000);
    for header in [
        "Token x",
        "Bearer ' OR 1=1 --",
        "Token",
        "token \u{e9}",
        &format!("Token {long}"),
    ] {
        for ask in [
            get("/albums/"),
            get("/artists/"),
            get(&stage.album),
            post("/albums/", &json!({ "name": "x" })),
            patch(&stage.album, &json!({ "name": "x" })),
            ask("DELETE", &stage.album),
            ask("POST", "/authentication/logoutall/"),
        ] {
            stage
                .refuses(ask.header("authorization", header), 401, header)
                .await;
        }
    }
}

#[tokio::test]
async fn anothers_album_stays_as_it_is() {
    let stage = Stage::new().await;
    let edit = || {
        patch(
            &stage.album,
            &json!({ "name": "Mine", "is_approved": true }),
        )
    };

    stage
        .refuses(edit().by(&stage.eve.token), 404, "unseen")
        .await;
    stage.refuses(edit(), 401, "anonymous").await;
    let approve = patch(&stage.album, &json!({ "is_approved": true }));
    stage.world.body(approve.by(&stage.staff.token), 200).await;
    stage
        .refuses(edit().by(&stage.eve.token), 403, "seen")
        .await;
    let delete = ask("DELETE", &stage.album).by(&stage.eve.token);
    stage.refuses(delete, 403, "deleting").await;
}

#[tokio::test]
async fn nobody_makes_themselves_staff_or_another() {
    let stage = Stage::new().await;
    let body = json!({ "username": "mallory", "email": "m@example.com", "password": "correct horse",
        "id": stage.ada.id, "is_staff": true, "is_superuser": true, "created_at": "1970-01-01" });

    let registered = stage
        .world
        .body(post("/authentication/register/", &body), 201)
        .await;

    assert_eq!(registered["user"]["is_staff"], false);
    assert_ne!(registered["user"]["id"], stage.ada.id.to_string());
    let token = registered["token"].as_str().unwrap();
    assert_eq!(
        stage.world.body(get("/albums/").by(token), 200).await["count"],
        0
    );
    let own = format!("/users/{}/", stage.eve.id);
    let edit = patch(&own, &json!({ "is_staff": true, "id": stage.ada.id })).by(&stage.eve.token);
    let edited = stage.world.body(edit, 200).await;
    assert_eq!(edited["is_staff"], false);
    assert_eq!(edited["id"], stage.eve.id.to_string());
}

#[tokio::test]
async fn markup_in_a_name_is_only_a_name() {
    let world = World::new();
    let bob = world.account("bob").await;
    let name = "<script>alert('x')</script>\"; DROP TABLE artists; --";
    let ask = post("/artists/", &json!({ "stage_name": name })).by(&bob.token);

    let artist = world.body(ask, 201).await;

    assert_eq!(artist["stage_name"], name);
    let listed = world.send(get("/artists/")).await;
    assert_eq!(listed.header("content-type"), "application/json");
    assert_eq!(listed.text("/results/0/stage_name"), name);
}
