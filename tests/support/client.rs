//! A client of the API over one kept-alive connection.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use uuid::Uuid;

/// Whatever went wrong on the way.
pub type ClientError = Box<dyn std::error::Error + Send + Sync>;

/// A connection to the API, and the token it shows.
pub struct Client {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
    token: Option<String>,
}

/// What the API said.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// After how many seconds to ask again, if it says so.
    pub retry_after: Option<u64>,
    /// The body; null when there was none or it was no JSON.
    pub body: Value,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    ///
    /// When nobody listens there.
    pub async fn connect(address: SocketAddr) -> Result<Self, ClientError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            address,
            sender,
            token: None,
        })
    }

    /// This client, showing `token` from now on.
    #[must_use]
    pub fn with_token(mut self, token: String) -> Self {
        self.token = Some(token);
        self
    }

    /// The token it shows, if any.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Sends one request and reads its answer.
    ///
    /// # Errors
    ///
    /// When the connection ends before the whole answer has been read.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answer, ClientError> {
        self.send_with(method, path, body, &[]).await
    }

    /// Like [`Client::send`], with further headers.
    ///
    /// # Errors
    ///
    /// As for [`Client::send`].
    pub async fn send_with(
        &mut self,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Result<Answer, ClientError> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string())
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Token {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        self.sender.ready().await?;
        let answer = self
            .sender
            .send_request(request.body(Full::new(body.into()))?)
            .await?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let bytes = answer.into_body().collect().await?.to_bytes();
        Ok(Answer {
            status,
            retry_after,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        })
    }

    /// Registers `name`, makes an artist of it, and shows its token from now on.
    ///
    /// # Errors
    ///
    /// When either is refused.
    pub async fn become_artist(self, name: &str) -> Result<Self, ClientError> {
        self.become_artist_called(name, name).await
    }

    /// Like [`Client::become_artist`], with a stage name that may hold anything.
    ///
    /// # Errors
    ///
    /// When either is refused.
    pub async fn become_artist_called(
        self,
        name: &str,
        stage_name: &str,
    ) -> Result<Self, ClientError> {
        let (mut client, token) = self.registered(name).await?;
        client = client.with_token(token);
        let artist = client
            .send("POST", "/artists/", Some(json!({"stage_name": stage_name})))
            .await?;
        answered(&artist, 201)?;
        Ok(client)
    }

    /// Publishes an album and answers with its id.
    ///
    /// # Errors
    ///
    /// When it is not acknowledged.
    pub async fn publish(&mut self, name: &str) -> Result<Uuid, ClientError> {
        let album = self
            .send(
                "POST",
                "/albums/",
                Some(json!({"name": name, "cost": "9.99"})),
            )
            .await?;
        answered(&album, 201)?;
        Ok(album.body["id"]
            .as_str()
            .ok_or("an album without id")?
            .parse()?)
    }

    async fn registered(mut self, name: &str) -> Result<(Self, String), ClientError> {
        let account = json!({"username": name, "email": format!("{name}@example.com"), "password": "correct horse battery"});
        let registered = self
            .send("POST", "/authentication/register/", Some(account))
            .await?;
        answered(&registered, 201)?;
        let token = registered.body["token"]
            .as_str()
            .ok_or("no token")?
            .to_owned();
        Ok((self, token))
    }
}

fn answered(answer: &Answer, status: u16) -> Result<(), ClientError> {
    if answer.status == status {
        Ok(())
    } else {
        Err(format!("{} {}", answer.status, answer.body).into())
    }
}
