//! What every path has in common: slashes, methods, problems, health, a socket.

use adapters::http::routes;
use adapters::http::server::{ServerLimits, bind, serve};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::ask::{ask, get};
use super::world::World;

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW",
];

/// Every path there is.
pub(super) fn paths() -> [String; 11] {
    [
        "/authentication/register".to_owned(),
        "/authentication/login".to_owned(),
        "/authentication/logout".to_owned(),
        "/authentication/logoutall".to_owned(),
        format!("/users/{ID}"),
        "/artists".to_owned(),
        "/albums".to_owned(),
        format!("/albums/{ID}"),
        format!("/unsubscribe/v1.{ID}"),
        "/healthz".to_owned(),
        "/readyz".to_owned(),
    ]
}

#[tokio::test]
async fn every_path_says_which_methods_it_answers_and_keeps_to_it() {
    let world = World::new();
    for path in paths() {
        let options = world.send(ask("OPTIONS", &path)).await;
        assert_eq!(options.status, 204, "{path}");
        let allowed: Vec<&str> = options.header("allow").split(", ").collect();
        for method in METHODS {
            for path in [path.clone(), format!("{path}/")] {
                let answer = world.send(ask(method, &path)).await;

                let is_allowed = allowed.contains(&method);
                assert_eq!(answer.status != 405, is_allowed, "{method} {path}");
                if !is_allowed {
                    assert_eq!(answer.header("allow"), options.header("allow"));
                }
                if !is_allowed && method != "HEAD" {
                    let detail = format!("Method \"{method}\" not allowed.");
                    assert_eq!(answer.text("/detail"), detail);
                }
                assert!(answer.status < 500, "{method} {path}");
            }
        }
    }
}

/// Whatever it is, allowed or not: kept by nobody, guessed at, framed and run by nobody.
#[tokio::test]
async fn every_answer_has_the_headers_that_keep_it_safe() {
    let world = World::new();
    let unknown = ["/".to_owned(), "/metrics".to_owned()];
    for path in paths().into_iter().chain(unknown) {
        for method in METHODS {
            let answer = world.send(ask(method, &path)).await;

            let policy = answer.header("content-security-policy");
            for part in ["default-src 'none'", "frame-ancestors 'none'"] {
                assert!(policy.contains(part), "{method} {path}: {policy}");
            }
            assert_eq!(answer.header("cache-control"), "no-store");
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            for absent in [
                "server",
                "x-powered-by",
                "set-cookie",
                "access-control-allow-origin",
            ] {
                assert_eq!(answer.header(absent), "", "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_path_nobody_knows_is_a_problem_document() {
    let world = World::new();
    for path in [
        "/",
        "/album/",
        "/albums/7/",
        "/albums//",
        "/Albums/",
        "/albums/%00/",
        "/authentication/",
        "/metrics",
        "/..%2fetc/passwd",
    ] {
        for method in ["GET", "POST", "BREW"] {
            let answer = world.refused(ask(method, path), 404).await;
            assert_eq!(answer.text("/detail"), "Not found.", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn head_is_answered_like_get_without_a_body() {
    let world = World::new();

    let got = world.send(get("/albums/")).await;
    let head = world.send(ask("HEAD", "/albums/")).await;

    assert_eq!((head.status, &head.headers), (200, &got.headers));
    assert_eq!(head.body, Value::Null);
}

#[tokio::test]
async fn health_is_told_without_a_token() {
    let world = World::new();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(world.body(get(path), 200).await, json!({ "status": "ok" }));
    }
}

#[tokio::test]
async fn the_routes_are_served_over_a_socket() {
    let world = World::new();
    let listener = bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let routes = routes(world.api());
    let serving = tokio::spawn(serve(
        listener,
        routes,
        ServerLimits::default(),
        stop.clone(),
    ));

    let mut client = TcpStream::connect(address).await.unwrap();
    let request = "HEAD /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    client.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    stop.cancel();

    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\ncontent-length: 15\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    assert_eq!(serving.await.unwrap().cut, 0);
}
