//! What people send who mean no good: the right refusal, and nothing has changed.

mod mischief;
mod random;

use serde_json::{Value, json};

use super::ask::{Ask, ask, patch, post};
use super::world::{Somebody, World};

/// A world with an artist's album in it, and somebody who would like to change that.
struct Stage {
    world: World,
    staff: Somebody,
    ada: Somebody,
    eve: Somebody,
    album: String,
}

impl Stage {
    async fn new() -> Self {
        let world = World::new();
        let staff = world.staff("root").await;
        let ada = world.artist("ada").await;
        let eve = world.artist("eve").await;
        let album = world.publish(&ada, "First").await;
        Self {
            world,
            staff,
            ada,
            eve,
            album,
        }
    }

    /// `ask` is refused with `status`, and changes nothing.
    async fn refuses(&self, ask: Ask, status: u16, what: &str) {
        let before = self.world.everything(&self.staff).await;

        let answer = self.world.send(ask).await;

        assert_eq!(answer.status, status, "{what}: {answer:?}");
        assert_eq!(self.world.everything(&self.staff).await, before, "{what}");
    }
}

#[tokio::test]
async fn bodies_that_make_no_sense_are_refused() {
    let stage = Stage::new().await;
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_elsewhere = format!(
        "{{\"name\":\"x\",\"y\":{}{}}}",
        "[".repeat(500),
        "]".repeat(500)
    );
    let megabyte = format!("{{\"name\":\"{}\"}}", "x".repeat(1 << 20));
    for (body, status) in [
        (&b""[..], 400),
        (b"{", 400),
        (b"null", 400),
        (b"[]", 400),
        (b"\"name\"", 400),
        (b"{\"name\":\"x\"}{}", 400),
        (b"{\"name\":\"\xff\xfe\"}", 400),
        (b"\xff\xfe{\x00}\x00", 400),
        (b"{\"name\":\"\\ud800\"}", 400),
        (b"{\"name\":\"a\0b\"}", 400),
        (b"name=x", 400),
        (deep.as_bytes(), 400),
        (deep_elsewhere.as_bytes(), 400),
        (megabyte.as_bytes(), 413),
    ] {
        let what = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        for path in ["/albums/", "/artists/"] {
            let ask = ask("POST", path).raw(body).by(&stage.eve.token);
            stage.refuses(ask, status, &what).await;
        }
        let edit = ask("PATCH", &stage.album).raw(body).by(&stage.ada.token);
        stage.refuses(edit, status, &what).await;
        for path in ["/authentication/register/", "/authentication/login/"] {
            stage
                .refuses(ask("POST", path).raw(body), status, &what)
                .await;
        }
    }
}

#[tokio::test]
async fn values_that_are_none_are_refused() {
    let stage = Stage::new().await;
    let long = "x".repeat(10_000);
    for (field, value) in [
        ("name", json!(7)),
        ("name", json!(true)),
        ("name", json!(["x"])),
        ("name", json!({})),
        ("name", json!(null)),
        ("name", json!("")),
        ("name", json!(" \t ")),
        ("name", json!("a\r\nBcc: everybody@example.com")),
        ("name", json!("a\u{0}b")),
        ("name", json!("a\u{202e}b")),
        ("name", json!(long)),
        ("cost", json!("-0.01")),
        ("cost", json!(-1)),
        ("cost", json!("NaN")),
        ("cost", json!("Infinity")),
        ("cost", json!("1e3")),
        ("cost", json!(1e300)),
        ("cost", json!(0.001)),
        ("cost", json!("100000000")),
        ("cost", json!(long)),
        ("cost", json!(false)),
        ("cost", json!([1])),
        ("release_date", json!(20_240_531)),
        ("release_date", json!("2024-02-30")),
        ("release_date", json!("tomorrow")),
        ("release_date", json!(long)),
    ] {
        let what = format!("{field}: {:.40}", value.to_string());
        let mut body = json!({ "name": "Fine" });
        body[field] = value;

        stage
            .refuses(post("/albums/", &body).by(&stage.eve.token), 400, &what)
            .await;
        if body[field] != Value::Null {
            let edit = patch(&stage.album, &json!({ field: body[field] }));
            stage.refuses(edit.by(&stage.ada.token), 400, &what).await;
        }
    }
    let literal = ask("POST", "/albums/").raw(b"{\"name\":\"x\",\"cost\":1e3}");
    stage
        .refuses(literal.by(&stage.eve.token), 400, "1e3")
        .await;
    let literal = ask("POST", "/albums/").raw(b"{\"name\":\"x\",\"cost\":NaN}");
    stage
        .refuses(literal.by(&stage.eve.token), 400, "NaN")
        .await;
}

#[tokio::test]
async fn what_is_not_json_is_refused_unread() {
    let stage = Stage::new().await;
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/xml",
        "application/problem+json",
    ] {
        let ask = ask("POST", "/albums/").body(b"{\"name\":\"x\"}");
        let ask = ask.header("content-type", media_type).by(&stage.eve.token);
        stage.refuses(ask, 415, media_type).await;
    }
    let packed = ask("POST", "/albums/").raw(b"\x1f\x8b\x08");
    let packed = packed.header("content-encoding", "gzip");
    stage
        .refuses(packed.by(&stage.eve.token), 415, "gzip")
        .await;
    let bare = ask("POST", "/albums/").body(b"{\"name\":\"x\"}");
    stage
        .refuses(bare.by(&stage.eve.token), 415, "no media type")
        .await;
}
