//! Clients that publish over kept-alive connections, and how long they wait.

use std::net::SocketAddr;
use std::time::Duration;

use tests::client::Client;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// What a load came to.
pub(crate) struct Outcome {
    pub(crate) per_second: f64,
    pub(crate) count: usize,
    waits: Vec<Duration>,
}

impl Outcome {
    /// What these waits come to, of requests made within `took`.
    pub(crate) fn of(mut waits: Vec<Duration>, took: Duration) -> Self {
        waits.sort_unstable();
        Self {
            per_second: waits.len() as f64 / took.as_secs_f64(),
            count: waits.len(),
            waits,
        }
    }

    /// The wait that so many per mille of the requests did not exceed.
    pub(crate) fn wait(&self, per_mille: usize) -> Duration {
        self.waits[(self.waits.len() - 1) * per_mille / 1000]
    }
}

/// How fast the clients go.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// Each sends as soon as it is answered.
    Flat,
    /// All together send so many a second, and count their waits from when a request was due.
    PerSecond(u32),
}

/// So many artists, registered and connected.
pub(crate) async fn artists(address: SocketAddr, count: u32) -> Vec<Client> {
    let mut artists = Vec::new();
    for number in 0..count {
        let client = Client::connect(address).await.unwrap();
        artists.push(
            client
                .become_artist(&format!("artist{number}"))
                .await
                .unwrap(),
        );
    }
    artists
}

/// So many connections without anybody behind them.
pub(crate) async fn strangers(address: SocketAddr, count: u32) -> Vec<Client> {
    let mut strangers = Vec::new();
    for _ in 0..count {
        strangers.push(Client::connect(address).await.unwrap());
    }
    strangers
}

/// Every client publishes at `pace` for `time`.
pub(crate) async fn publish(clients: Vec<Client>, pace: Pace, time: Duration) -> Outcome {
    let began = Instant::now();
    let count = u32::try_from(clients.len()).unwrap();
    let mut working = JoinSet::new();
    for (client, number) in clients.into_iter().zip(0..) {
        let interval = match pace {
            Pace::Flat => None,
            Pace::PerSecond(rate) => Some(Duration::from_secs(1) * count / rate),
        };
        // Spread over the interval, or they would all send at the same instant.
        let first = began + interval.map_or(Duration::ZERO, |interval| interval * number / count);
        working.spawn(one(client, first, interval, began + time));
    }
    let waits = working.join_all().await.concat();
    Outcome::of(waits, began.elapsed())
}

async fn one(
    mut client: Client,
    first: Instant,
    interval: Option<Duration>,
    end: Instant,
) -> Vec<Duration> {
    let mut waits = Vec::new();
    let mut due = first;
    for album in 0.. {
        if let Some(interval) = interval {
            sleep_until(due).await;
            due += interval;
        } else {
            due = Instant::now();
        }
        if end <= Instant::now() {
            break;
        }
        let was_due = interval.map_or(due, |interval| due - interval);
        client.publish(&format!("Album {album}")).await.unwrap();
        waits.push(was_due.elapsed());
    }
    waits
}
