//! A client for the demo: one request a connection, JSON both ways.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::program::Failure;

/// Speaks to the API at one address.
pub(super) struct Client {
    address: SocketAddr,
}

/// What the API said.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Null when there was none; of a page its heading.
    pub(super) body: Value,
}

impl Client {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address }
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Result<Answer, Failure> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string())
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Token {token}"));
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = request.body(Full::new(Bytes::from(body)))?;
        let answer = async {
            let answer = sender.send_request(request).await?;
            let status = answer.status().as_u16();
            let content_type = answer.headers().get(header::CONTENT_TYPE).cloned();
            let is_page = content_type.is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
            let bytes = answer.into_body().collect().await?.to_bytes();
            let body = if bytes.is_empty() {
                Value::Null
            } else if is_page {
                heading(&String::from_utf8_lossy(&bytes)).into()
            } else {
                serde_json::from_slice(&bytes)?
            };
            Ok(Answer { status, body })
        };
        tokio::select! {
            answer = answer => answer,
            Err(error) = connection => Err(error.into()),
        }
    }
}

fn heading(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<h1>")?;
    let (heading, _) = rest.split_once("</h1>")?;
    Some(heading)
}
