//! Registering, logging in and out, one's own account, and becoming an artist.

use std::time::Duration;

use adapters::login_throttle::LoginLimits;
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::ask::{ask, get, patch, post};
use super::failures::Broken;
use super::world::{LIMITS, PUBLIC_URL, World};

const REGISTER: &str = "/authentication/register/";
const LOG_IN: &str = "/authentication/login/";
const LOG_OUT: &str = "/authentication/logout/";
const LOG_OUT_EVERYWHERE: &str = "/authentication/logoutall/";

fn ada() -> Value {
    json!({ "username": "Ada", "email": "ada@example.com", "password": "correct horse" })
}

#[tokio::test]
async fn who_registers_is_logged_in_and_can_log_in_again() {
    let world = World::new();

    let registered = world.send(post(REGISTER, &ada())).await;
    let credentials = json!({ "username": "ADA", "password": "correct horse" });
    let logged_in = world.body(post(LOG_IN, &credentials), 200).await;

    assert_eq!(registered.status, 201);
    let user = &registered.body["user"];
    let path = format!("/users/{}/", registered.text("/user/id"));
    assert_eq!(registered.header("location"), format!("{PUBLIC_URL}{path}"));
    assert_eq!(user["username"], "Ada");
    assert_eq!(user["email"], "ada@example.com");
    assert_eq!(user["bio"], Value::Null);
    assert_eq!(user["is_staff"], false);
    assert_eq!(user["created_at"], "2023-11-14T22:13:20.000001Z");
    assert_eq!(registered.body["expiry"], "2023-11-24T22:13:20.000001Z");
    assert_eq!(&logged_in["user"], user);
    for token in [&registered.body["token"], &logged_in["token"]] {
        let own = get(&path).by(token.as_str().unwrap());
        assert_eq!(&world.body(own, 200).await, user);
    }
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_are_answered_alike() {
    let world = World::new();
    world.body(post(REGISTER, &ada()), 201).await;
    let attempt = |name: &str| post(LOG_IN, &json!({ "username": name, "password": "guess" }));

    let wrong = world.refused(attempt("ada"), 401).await;
    let unknown = world.refused(attempt("eve"), 401).await;
    let impossible = world.refused(attempt("\u{0}"), 401).await;

    assert_eq!(wrong.body, unknown.body);
    assert_eq!(wrong.headers, unknown.headers);
    assert_eq!(wrong.body, impossible.body);
}

#[tokio::test]
async fn too_many_attempts_are_told_to_wait() {
    let limits = LoginLimits {
        per_account: 1,
        window: Duration::from_mins(5),
        ..LIMITS
    };
    let world = World::with(Broken::Never, limits);
    let attempt = || post(LOG_IN, &json!({ "username": "eve", "password": "guess" }));
    world.refused(attempt(), 401).await;

    let refusal = world.refused(attempt(), 429).await;

    let seconds: u64 = refusal.header("retry-after").parse().unwrap();
    assert!((1..=300).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn names_and_addresses_are_taken_once_whatever_their_case() {
    let world = World::new();
    world.account("ada").await;
    let register = |username: &str, email: &str| {
        let body = json!({ "username": username, "email": email, "password": "correct horse" });
        post(REGISTER, &body)
    };

    let name = world.refused(register("ADA", "other@example.com"), 409);
    assert_eq!(name.await.wrong(), ["username"]);
    let address = world.refused(register("other", "ADA@example.com"), 409);
    assert_eq!(address.await.wrong(), ["email"]);
}

#[tokio::test]
async fn everything_wrong_with_a_registration_is_told_at_once() {
    let world = World::new();

    let empty = world.refused(post(REGISTER, &json!({})), 400).await;
    let wrong = json!({ "username": "a b", "email": 7, "password": "1234567", "bio": [] });
    let wrong = world.refused(post(REGISTER, &wrong), 400).await;
    let same =
        json!({ "username": "ada_lovelace", "email": "a@example.com", "password": "ADA_LOVELACE" });
    let same = world.refused(post(REGISTER, &same), 400).await;

    assert_eq!(empty.wrong(), ["email", "password", "username"]);
    assert_eq!(empty.text("/errors/email/0"), "This field is required.");
    assert_eq!(wrong.wrong(), ["bio", "email", "password", "username"]);
    assert_eq!(
        wrong.text("/errors/email/0"),
        "This field must be a string."
    );
    assert_eq!(same.wrong(), ["password"]);
}

#[tokio::test]
async fn logging_out_ends_this_token_or_all_of_them() {
    let world = World::new();
    let first = world.body(post(REGISTER, &ada()), 201).await;
    let credentials = json!({ "username": "ada", "password": "correct horse" });
    let second = world.body(post(LOG_IN, &credentials), 200).await;
    let third = world.body(post(LOG_IN, &credentials), 200).await;
    let [first, second, third] =
        [&first, &second, &third].map(|body| body["token"].as_str().unwrap());

    world.body(ask("POST", LOG_OUT).by(first), 204).await;
    let refusal = world.refused(ask("POST", LOG_OUT).by(first), 401).await;
    assert_eq!(refusal.text("/detail"), "Invalid token.");
    assert_eq!(refusal.header("www-authenticate"), "Token");

    world
        .body(ask("POST", LOG_OUT_EVERYWHERE).by(second), 204)
        .await;
    for token in [second, third] {
        world.refused(get("/albums/").by(token), 401).await;
    }
}

#[tokio::test]
async fn a_token_is_good_for_ten_days_under_both_schemes() {
    let world = World::new();
    let ada = world.account("ada").await;
    let path = format!("/users/{}/", ada.id);
    let bearer =
        |scheme: &str| get(&path).header("authorization", &format!("{scheme} {}", ada.token));

    for scheme in ["Token", "Bearer", "bearer", "TOKEN"] {
        world.body(bearer(scheme), 200).await;
    }
    world.refused(bearer("Basic"), 401).await;
    world.clock.advance(TimeDelta::days(10));
    world.refused(bearer("Token"), 401).await;
    world.refused(get("/artists/").by(&ada.token), 401).await;
}

#[tokio::test]
async fn only_ones_own_account_is_shown_and_changed() {
    let world = World::new();
    let ada = world.account("ada").await;
    let bob = world.account("bob").await;
    let path = format!("/users/{}/", ada.id);

    let anonymous = world.refused(get(&path), 401).await;
    assert_eq!(
        anonymous.text("/detail"),
        "Authentication credentials were not provided."
    );
    let nobody = "/users/01890a5d-ac96-774b-bcce-b302099a8057/";
    let other = world.refused(get(&path).by(&bob.token), 403).await;
    let absent = world.refused(get(nobody).by(&bob.token), 403).await;
    assert_eq!(other.body, absent.body);
    let edit = patch(&path, &json!({ "bio": "mine now" })).by(&bob.token);
    world.refused(edit, 403).await;
    world.refused(get("/users/7/").by(&bob.token), 404).await;

    let edit = json!({ "username": "Countess", "bio": "first\nlines", "is_staff": true, "id": 7 });
    let edited = world.body(patch(&path, &edit).by(&ada.token), 200).await;
    assert_eq!(edited["username"], "Countess");
    assert_eq!(edited["bio"], "first\nlines");
    assert_eq!(edited["is_staff"], false);
    assert_eq!(edited["id"], ada.id.to_string());
    let edit = patch(&path, &json!({ "bio": null })).by(&ada.token);
    assert_eq!(world.body(edit, 200).await["bio"], Value::Null);
    let edit = patch(&path, &json!({ "username": "BOB" })).by(&ada.token);
    assert_eq!(world.refused(edit, 409).await.wrong(), ["username"]);
    let edit = patch(&path, &json!({ "username": null, "email": "x" })).by(&ada.token);
    assert_eq!(
        world.refused(edit, 400).await.wrong(),
        ["email", "username"]
    );
}

#[tokio::test]
async fn an_account_becomes_an_artist_once_under_a_free_name() {
    let world = World::new();
    let ada = world.account("ada").await;
    let bob = world.account("bob").await;
    let body = json!({ "stage_name": "The Åda", "social_link": "https://example.com/ada" });

    let artist = world.send(post("/artists/", &body).by(&ada.token)).await;
    assert_eq!(artist.status, 201);
    assert_eq!(artist.body["stage_name"], "The Åda");
    assert_eq!(artist.body["social_link"], "https://example.com/ada");
    let seen_at = artist.header("location").strip_prefix(PUBLIC_URL).unwrap();
    let seen = world.body(get(seen_at), 200).await;
    assert_eq!(seen["results"], json!([artist.body]));

    world.refused(post("/artists/", &body), 401).await;
    let again = post("/artists/", &json!({ "stage_name": "Other" })).by(&ada.token);
    world.refused(again, 409).await;
    let taken = post("/artists/", &json!({ "stage_name": "THE åDA" })).by(&bob.token);
    assert_eq!(world.refused(taken, 409).await.wrong(), ["stage_name"]);
    let wrong = json!({ "stage_name": "", "social_link": "javascript:alert(1)" });
    let wrong = world
        .refused(post("/artists/", &wrong).by(&bob.token), 400)
        .await;
    assert_eq!(wrong.wrong(), ["social_link", "stage_name"]);
}
