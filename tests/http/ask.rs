//! Requests as tests write them, and answers as tests read them.

use serde_json::Value;
use warp::http::{HeaderMap, HeaderValue, Response};
use warp::hyper::body::Bytes;
use warp::test::RequestBuilder;

/// A request to be.
pub(super) struct Ask {
    pub(super) request: RequestBuilder,
}

/// An answer that has what every answer must have; a refusal is a problem document.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    /// `Null` when the body is empty, a text when it is a page.
    pub(super) body: Value,
}

pub(super) fn ask(method: &str, path: &str) -> Ask {
    Ask {
        request: warp::test::request().method(method).path(path),
    }
}

pub(super) fn get(path: &str) -> Ask {
    ask("GET", path)
}

pub(super) fn post(path: &str, body: &Value) -> Ask {
    ask("POST", path).json(body)
}

pub(super) fn patch(path: &str, body: &Value) -> Ask {
    ask("PATCH", path).json(body)
}

pub(super) fn delete(path: &str) -> Ask {
    ask("DELETE", path)
}

impl Ask {
    /// With a token.
    pub(super) fn by(self, token: &str) -> Self {
        self.header("authorization", &format!("Token {token}"))
    }

    pub(super) fn json(self, body: &Value) -> Self {
        self.raw(body.to_string().as_bytes())
    }

    /// With these bytes, said to be JSON.
    pub(super) fn raw(self, body: &[u8]) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    pub(super) fn body(self, body: &[u8]) -> Self {
        Self {
            request: self.request.body(body),
        }
    }

    pub(super) fn header(self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        Self {
            request: self.request.header(name, value),
        }
    }
}

impl Answer {
    pub(super) fn of(response: &Response<Bytes>) -> Self {
        let body = response.body();
        let answer = Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: match body.as_ref() {
                b"" => Value::Null,
                page if is_page(response) => String::from_utf8(page.to_vec()).unwrap().into(),
                json => serde_json::from_slice(json).unwrap(),
            },
        };
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
        if !body.is_empty() {
            assert_eq!(answer.header("content-length"), body.len().to_string());
            if is_page(response) {
                answer.check_page();
            } else {
                answer.check_form();
            }
        }
        answer
    }

    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The text at a JSON pointer.
    pub(super) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).unwrap().as_str().unwrap()
    }

    /// The names of the fields that are complained about.
    pub(super) fn wrong(&self) -> Vec<&str> {
        let errors = self.body.get("errors").and_then(Value::as_object);
        errors.map_or(Vec::new(), |errors| {
            errors.keys().map(String::as_str).collect()
        })
    }

    /// What is shown to people loads nothing, runs nothing, and is framed by nobody.
    fn check_page(&self) {
        let policy = self.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{part} in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        let page = self.body.as_str().unwrap();
        for part in ["<!DOCTYPE html>", "<html lang=\"en\"", "<title>", "<h1>"] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(!page.contains("<script"), "{page}");
    }

    fn check_form(&self) {
        if self.status < 400 {
            assert_eq!(self.header("content-type"), "application/json");
            return;
        }
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["type"], "about:blank");
        assert_eq!(self.body["status"], self.status);
        assert!(!self.text("/title").is_empty() && !self.text("/detail").is_empty());
        for field in self.wrong() {
            let reasons = self.body["errors"][field].as_array().unwrap();
            assert!(reasons.iter().all(Value::is_string) && !reasons.is_empty());
        }
    }
}

fn is_page(response: &Response<Bytes>) -> bool {
    let media_type = response.headers().get("content-type");
    media_type.is_some_and(|it| it == "text/html; charset=utf-8")
}
