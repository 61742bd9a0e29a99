//! The page behind the link in a reminder, for people, and the click of their mail programs.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use warp::http::{HeaderValue, StatusCode, header};
use warp::reply::Response;

use super::api::Api;
use super::problem::Problem;
use super::reply;
use super::request::Request;
use super::resource::token_in;

/// `GET /unsubscribe/{token}`: shows the button. Changes nothing: mail scanners follow links.
pub(super) fn ask(api: &Api, request: &Request) -> Response {
    if api.unsubscribe.knows(token_in(request.path())) {
        page(StatusCode::OK, "Unsubscribe from reminders", ASK)
    } else {
        unknown()
    }
}

/// `POST /unsubscribe/{token}`: the button, or one click in a mail program (RFC 8058).
///
/// The token says it all, so whatever the body says, it is done at once.
pub(super) async fn end(api: &Api, request: &Request) -> Result<Response, Problem> {
    let is_known = api.unsubscribe.run(token_in(request.path())).await?;
    Ok(if is_known {
        page(StatusCode::OK, "You are unsubscribed", DONE)
    } else {
        unknown()
    })
}

fn unknown() -> Response {
    page(StatusCode::NOT_FOUND, "This link does not work", UNKNOWN)
}

const ASK: &str = r#"<p>Do you want to hear no more when you have published nothing for a while? Mails about albums that you publish will still come.</p>
<form method="post">
<input type="hidden" name="List-Unsubscribe" value="One-Click">
<button type="submit">Unsubscribe</button>
</form>"#;
const DONE: &str =
    "<p>You will get no more reminders. Mails about albums that you publish will still come.</p>
<p>You can close this page.</p>";
const UNKNOWN: &str = "<p>It may have been cut off: please copy the whole link from the mail, up to its last letter.</p>
<p>Nothing has been changed.</p>";

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff; --act: #0b57d0; --on-act: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --paper: #161616; --act: #a8c7fa; --on-act: #062e6f; }
}
body { margin: 0; padding: 3rem 1.25rem; background: var(--paper); color: var(--ink); font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 34rem; margin: 0 auto; }
h1 { margin: 0 0 1rem; font-size: 1.625rem; line-height: 1.25; }
button { margin-top: .5rem; padding: .75rem 1.5rem; border: 0; border-radius: .5rem; background: var(--act); color: var(--on-act); font: inherit; font-weight: 600; cursor: pointer; }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; }
";

/// Nothing is loaded and nothing runs; the one style is known by its digest, the form goes back to us.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let digest = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a policy is ASCII")
});

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = html(title, body).into_bytes();
    let mut response = reply::bytes(status, "text/html; charset=utf-8", html);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    let no_robots = HeaderValue::from_static("noindex, nofollow");
    headers.insert("x-robots-tag", no_robots);
    response
}

fn html(title: &str, body: &str) -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Backbeat</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_that_the_policy_knows_is_the_one_in_the_page() {
        let page = html("A title", ASK);
        let (_, rest) = page.split_once("<style>").expect("a style");
        let (style, rest) = rest.split_once("</style>").expect("its end");

        let digest = STANDARD.encode(Sha256::digest(style));
        let policy = POLICY.to_str().expect("ASCII");
        assert!(policy.contains(&format!("'sha256-{digest}'")), "{policy}");
        assert!(!rest.contains("style"), "and there is no other");
    }
}
