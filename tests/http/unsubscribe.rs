//! The link in a reminder: a page with a button for people, one click for mail programs.

use adapters::link_signer::HmacLinkSigner;
use domain::model::ArtistId;
use domain::ports::LinkSigner as _;
use serde_json::json;
use uuid::Uuid;

use super::ask::{Ask, ask, get, post};
use super::world::{World, signer};

const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

/// A world with an artist in it, and the path of their link.
async fn stage() -> (World, ArtistId, String) {
    let world = World::new();
    let ada = world.account("ada").await;
    let become_artist = post("/artists/", &json!({ "stage_name": "Ada" })).by(&ada.token);
    let artist = world.body(become_artist, 201).await;
    let id: Uuid = artist["id"].as_str().unwrap().parse().unwrap();
    let id = ArtistId::new(id);
    (world, id, link(id))
}

fn link(artist: ArtistId) -> String {
    format!("/unsubscribe/{}", signer().sign(artist))
}

fn form(path: &str) -> Ask {
    let form = ask("POST", path).body(ONE_CLICK.as_bytes());
    form.header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn following_the_link_changes_nothing_and_shows_one_button() {
    let (world, artist, path) = stage().await;

    for path in [path.clone(), format!("{path}/")] {
        let page = world.body(get(&path), 200).await;
        let page = page.as_str().unwrap();

        assert_eq!(page.matches("<button").count(), 1, "{page}");
        for part in [
            "<form method=\"post\">",
            "name=\"List-Unsubscribe\" value=\"One-Click\"",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        world.body(ask("HEAD", &path), 200).await;
        world.body(ask("OPTIONS", &path), 204).await;
    }

    assert!(!world.is_unsubscribed(artist).await);
}

#[tokio::test]
async fn one_click_unsubscribes_at_once_and_for_good() {
    let (world, artist, path) = stage().await;

    for path in [path.clone(), format!("{path}/"), path.clone()] {
        let answer = world.send(form(&path)).await;

        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("set-cookie"), "");
        assert!(
            answer
                .body
                .as_str()
                .unwrap()
                .contains("You are unsubscribed")
        );
        assert!(world.is_unsubscribed(artist).await);
    }

    world.body(get(&path), 200).await;
}

#[tokio::test]
async fn whatever_the_body_says_it_is_done() {
    let multipart = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
    let long = "x".repeat(100_000);
    for (media_type, body) in [
        ("multipart/form-data; boundary=x", multipart.as_bytes()),
        ("application/x-www-form-urlencoded", b""),
        ("application/json", b"{\"List-Unsubscribe\": \"One-Click\"}"),
        ("text/plain", ONE_CLICK.as_bytes()),
        ("", b"\xff\0"),
        ("a/b", long.as_bytes()),
    ] {
        let (world, artist, path) = stage().await;
        let click = ask("POST", &path)
            .body(body)
            .header("content-type", media_type);

        world.body(click, 200).await;

        assert!(world.is_unsubscribed(artist).await, "{media_type}");
    }
}

#[tokio::test]
async fn nobody_has_to_log_in_and_a_wrong_log_in_is_no_hindrance() {
    let (world, artist, path) = stage().await;

    world.body(form(&path).by("no token"), 200).await;

    assert!(world.is_unsubscribed(artist).await);
}

#[tokio::test]
async fn a_link_that_is_not_ours_is_a_page_that_says_so() {
    let (world, artist, path) = stage().await;
    let nobody = ArtistId::new(Uuid::from_u128(7));
    let foreign = HmacLinkSigner::new("another secret").sign(artist);
    let long = format!("/unsubscribe/{}", "v1.".repeat(3_000));
    let (begin, end) = (path.len() - 22, link(nobody));
    let mixed = format!("{}{}", &path[..begin], &end[begin..]);
    for hostile in [
        format!("/unsubscribe/{foreign}"),
        path[..path.len() - 1].to_owned(),
        format!("{path}A"),
        format!("{path}%00"),
        path.replace("v1.", "v2."),
        path.to_uppercase().replace("UNSUBSCRIBE", "unsubscribe"),
        mixed,
        "/unsubscribe/v1..".to_owned(),
        "/unsubscribe/..%2f..%2fetc".to_owned(),
        "/unsubscribe/%3Cscript%3Ealert(1)%3C%2Fscript%3E".to_owned(),
        "/unsubscribe/'%20OR%201=1".to_owned(),
        format!("/unsubscribe/{}", artist.as_uuid()),
        long,
    ] {
        for ask in [get(&hostile), form(&hostile)] {
            let page = world.body(ask, 404).await;
            let page = page.as_str().unwrap();

            assert!(
                page.contains("This link does not work"),
                "{hostile}: {page}"
            );
            assert!(!page.contains("alert"), "nothing of the link is shown");
        }
    }
    assert_eq!(world.send(form(&link(nobody))).await.status, 404);

    assert!(!world.is_unsubscribed(artist).await);
}

/// Who holds the link learns nothing about whose it is, and nobody else learns anything.
#[tokio::test]
async fn a_link_reveals_nothing() {
    let (world, artist, path) = stage().await;
    let another = world.account("eve").await;
    let become_artist = post("/artists/", &json!({ "stage_name": "Eve" })).by(&another.token);
    let eve = world.body(become_artist, 201).await;
    let eve = ArtistId::new(eve["id"].as_str().unwrap().parse().unwrap());

    for ask in [get as fn(&str) -> Ask, form] {
        let (hers, eves) = (
            world.send(ask(&path)).await,
            world.send(ask(&link(eve))).await,
        );

        assert_eq!((&hers.body, &hers.headers), (&eves.body, &eves.headers));
        let said = format!("{:?} {}", hers.headers, hers.body);
        for word in ["Ada", "ada@example.com", &artist.as_uuid().to_string()] {
            assert!(!said.contains(word), "{word} in {said}");
        }
    }
}

#[tokio::test]
async fn other_methods_are_refused() {
    let (world, artist, path) = stage().await;
    for method in ["PUT", "PATCH", "DELETE", "TRACE"] {
        let answer = world.refused(ask(method, &path), 405).await;
        assert_eq!(answer.header("allow"), "GET, HEAD, POST, OPTIONS");
    }
    assert!(!world.is_unsubscribed(artist).await);
}
