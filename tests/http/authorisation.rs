//! Who may do what, endpoint by endpoint: everybody is tried everywhere.

use std::collections::BTreeSet;

use serde_json::json;

use super::ask::{Ask, ask};
use super::surface::paths;
use super::world::{Somebody, World};

/// Who asks, in the order of the statuses below.
const CALLERS: [&str; 5] = ["nobody", "a forger", "a stranger", "the owner", "staff"];

/// What is asked: method and path, and how each of [`CALLERS`] is answered. `{account}` and
/// `{album}` are the owner's; the album is not approved.
const TABLE: [(&str, &str, [u16; 5]); 14] = [
    // Whoever has no token yet cannot show one, and whoever shows a wrong one is let off it.
    ("POST", "/authentication/register/", [201; 5]),
    ("POST", "/authentication/login/", [401; 5]),
    ("POST", "/authentication/logout/", [401, 401, 204, 204, 204]),
    (
        "POST",
        "/authentication/logoutall/",
        [401, 401, 204, 204, 204],
    ),
    ("GET", "/users/{account}/", [401, 401, 403, 200, 403]),
    ("PATCH", "/users/{account}/", [401, 401, 403, 200, 403]),
    ("GET", "/artists/", [200, 401, 200, 200, 200]),
    // The owner and the stranger are artists already.
    ("POST", "/artists/", [401, 401, 409, 409, 201]),
    ("GET", "/albums/", [200, 401, 200, 200, 200]),
    ("POST", "/albums/", [401, 401, 201, 201, 403]),
    ("GET", "/albums/{album}/", [404, 401, 404, 200, 200]),
    ("PATCH", "/albums/{album}/", [401, 401, 404, 200, 200]),
    ("DELETE", "/albums/{album}/", [401, 401, 404, 204, 204]),
    // Its token says who is meant, and is none.
    ("POST", "/unsubscribe/{token}/", [404; 5]),
];

/// These tell everybody the same.
const PUBLIC: [(&str, &str); 3] = [
    ("GET", "/unsubscribe/{token}/"),
    ("GET", "/healthz/"),
    ("GET", "/readyz/"),
];

/// A world with an owner's album in it, made anew for every question.
struct Stage {
    world: World,
    stranger: Somebody,
    owner: Somebody,
    staff: Somebody,
    album: String,
}

impl Stage {
    async fn new() -> Self {
        let world = World::new();
        let (staff, owner) = (world.staff("root").await, world.artist("ada").await);
        let stranger = world.artist("eve").await;
        let album = world.publish(&owner, "First").await;
        Self {
            world,
            stranger,
            owner,
            staff,
            album,
        }
    }

    fn ask(&self, method: &str, path: &str, caller: &str) -> Ask {
        let path = path
            .replace("{account}", &self.owner.id.to_string())
            .replace("/albums/{album}/", &self.album)
            .replace("{token}", "v1.a.b");
        let body = json!({"username": "new", "email": "new@example.com", "bio": "of theirs",
            "password": "correct horse", "stage_name": "New", "name": "Another"});
        let ask = match method {
            "GET" | "DELETE" => ask(method, &path),
            _ => ask(method, &path).json(&body),
        };
        match caller {
            "nobody" => ask,
            "a forger" => ask.by(&"f".repeat(64)),
            "a stranger" => ask.by(&self.stranger.token),
            "the owner" => ask.by(&self.owner.token),
            _ => ask.by(&self.staff.token),
        }
    }
}

#[tokio::test]
async fn everybody_may_do_what_they_may_and_nothing_else() {
    for (method, path, expected) in TABLE {
        for (caller, expected) in CALLERS.into_iter().zip(expected) {
            let stage = Stage::new().await;
            let before = stage.world.everything(&stage.staff).await;

            let answer = stage.world.send(stage.ask(method, path, caller)).await;

            assert_eq!(answer.status, expected, "{method} {path} by {caller}");
            if 400 <= expected {
                let after = stage.world.everything(&stage.staff).await;
                assert_eq!(after, before, "{method} {path} by {caller}");
            }
        }
    }
}

#[tokio::test]
async fn no_endpoint_is_left_out() {
    let world = World::new();
    let mut there = BTreeSet::new();
    for path in paths() {
        let options = world.send(ask("OPTIONS", &path)).await;
        for method in options.header("allow").split(", ") {
            if !["HEAD", "OPTIONS"].contains(&method) {
                there.insert((method.to_owned(), kind(&path)));
            }
        }
    }

    let told = TABLE.iter().map(|&(method, path, _)| (method, path));
    let tried: BTreeSet<_> = told
        .chain(PUBLIC)
        .map(|(method, path)| (method.to_owned(), kind(path)))
        .collect();

    assert_eq!(tried, there);
}

/// The path without its ids.
fn kind(path: &str) -> String {
    let words = path.split('/').filter(|word| !word.is_empty());
    let kinds = words.map(|word| {
        let is_word = word.bytes().all(|each| each.is_ascii_lowercase());
        if is_word { word } else { "…" }
    });
    kinds.collect::<Vec<_>>().join("/")
}
