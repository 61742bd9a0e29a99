//! Artists who publish at an even pace, and repeat each request until it is answered.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tests::client::{Client, ClientError};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::fleet::Fleet;

/// How many artists there are.
pub(super) const ARTISTS: u32 = 8;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an artist rests who was not answered well.
const REST: Duration = Duration::from_millis(100);

/// An album that was acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Acknowledged {
    pub(super) at: Instant,
    pub(super) email: String,
}

/// What the artists know.
#[derive(Default)]
pub(super) struct Ledger {
    albums: Mutex<BTreeMap<Uuid, Acknowledged>>,
}

impl Ledger {
    pub(super) fn albums(&self) -> MutexGuard<'_, BTreeMap<Uuid, Acknowledged>> {
        self.albums.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The address of the artist with this number.
pub(super) fn email_of(number: u32) -> String {
    email(&name(number))
}

fn name(number: u32) -> String {
    format!("artist{number}")
}

fn email(name: &str) -> String {
    format!("{name}@example.com")
}

/// Artists at work.
pub(super) struct Load {
    pub(super) ledger: Arc<Ledger>,
    stop: CancellationToken,
    artists: JoinSet<()>,
}

/// One artist, and where the api is at the moment.
struct Artist {
    name: String,
    token: String,
    address: Arc<Mutex<SocketAddr>>,
    client: Option<Client>,
}

impl Load {
    /// Artists begin who publish so many albums a second together.
    pub(super) async fn begin(fleet: &Fleet, a_second: u32) -> Self {
        let address = &fleet.address;
        let (ledger, stop) = (Arc::new(Ledger::default()), CancellationToken::new());
        let mut artists = JoinSet::new();
        for number in 0..ARTISTS {
            let artist = Artist::new(&name(number), address).await;
            let pace = Duration::from_secs(1) * ARTISTS / a_second;
            artists.spawn(artist.publish(pace, stop.clone(), Arc::clone(&ledger)));
        }
        Self {
            ledger,
            stop,
            artists,
        }
    }

    /// Ends it; what was begun is repeated until it is acknowledged.
    pub(super) async fn end(mut self) -> Arc<Ledger> {
        self.stop.cancel();
        while let Some(ended) = self.artists.join_next().await {
            ended.expect("no artist panics");
        }
        self.ledger
    }
}

impl Artist {
    async fn new(name: &str, address: &Arc<Mutex<SocketAddr>>) -> Self {
        let now = *address.lock().unwrap();
        let client = Client::connect(now).await.unwrap();
        let client = client.become_artist(name).await.unwrap();
        Self {
            name: name.to_owned(),
            token: client.token().expect("an artist has a token").to_owned(),
            address: Arc::clone(address),
            client: Some(client),
        }
    }

    async fn publish(mut self, pace: Duration, stop: CancellationToken, ledger: Arc<Ledger>) {
        let mut pace = interval(pace);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(pace.tick()).await.is_some() {
            let key = Uuid::now_v7();
            let id = loop {
                match timeout(PATIENCE, self.ask(key)).await {
                    Ok(Ok(id)) => break id,
                    // Whatever it was: a request with a key may be repeated.
                    Ok(Err(_)) | Err(_) => self.client = None,
                }
                sleep(REST).await;
            };
            let acknowledged = Acknowledged {
                at: Instant::now(),
                email: email(&self.name),
            };
            let before = ledger.albums().insert(id, acknowledged);
            assert!(before.is_none(), "two requests are one album");
        }
    }

    async fn ask(&mut self, key: Uuid) -> Result<Uuid, ClientError> {
        let address = *self.address.lock().unwrap();
        let mut client = if let Some(client) = self.client.take() {
            client
        } else {
            let client = Client::connect(address).await?;
            client.with_token(self.token.clone())
        };
        let album = json!({"name": format!("Album {key}"), "cost": "9.99"});
        let headers = [("Idempotency-Key", &*key.to_string())];
        let answer = client
            .send_with("POST", "/albums/", Some(album), &headers)
            .await?;
        let id = answer.body["id"].as_str().ok_or("no album")?.parse()?;
        self.client = Some(client);
        Ok(id)
    }
}
