//! G11: it recovers alone from whatever is away, and albums are accepted while Redis or the mail
//! server is.

use std::time::Duration;

use tests::client::Client;
use tests::proxy::{Proxy, Way};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::fleet::Fleet;

/// How long something is away: longer than anybody waits for an answer.
const AWAY: Duration = Duration::from_secs(7);
/// How long afterwards everything may take to be as it was.
const HEALED: Duration = Duration::from_secs(30);
/// How long an answer may take while something else is away: shorter than Redis is waited for.
const ACCEPTED: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2500 } else { 1000 });

promises! {
    everywhere: the_mail_server_may_be_away;
    on servers: redis_may_be_away, postgres_may_be_away;
}

async fn redis_may_be_away(mut fleet: Fleet) {
    for way in [Way::Cut, Way::Silent] {
        accepts_while(&fleet, &fleet.servers().to_redis, way).await;
    }
    fleet.end();
}

async fn the_mail_server_may_be_away(mut fleet: Fleet) {
    for way in [Way::Cut, Way::Silent] {
        accepts_while(&fleet, &fleet.to_sink, way).await;
    }
    fleet.end();
}

/// Albums are accepted while the way to a server is bad, and mailed soon after it is good again.
async fn accepts_while(fleet: &Fleet, to_server: &Proxy, way: Way) {
    let mut ada = fleet
        .artist(&format!("ada{}", Uuid::now_v7().simple()))
        .await;
    to_server.becomes(way);
    let (began, mut albums) = (Instant::now(), Vec::new());
    while began.elapsed() < AWAY {
        let asked = Instant::now();
        albums.push(
            ada.publish(&format!("Album {}", albums.len()))
                .await
                .unwrap(),
        );
        assert!(
            asked.elapsed() < ACCEPTED,
            "answered after {:?}",
            asked.elapsed()
        );
        sleep(Duration::from_millis(200)).await;
    }
    to_server.becomes(Way::Open);

    albums.push(ada.publish("After it").await.unwrap());
    let took = fleet.until_mailed(&albums, HEALED).await;
    eprintln!("{way:?}: healed after {took:.1?}");
}

async fn postgres_may_be_away(mut fleet: Fleet) {
    let mut albums = Vec::new();
    for (name, way) in [("ada", Way::Cut), ("bea", Way::Silent)] {
        let mut artist = fleet.artist(name).await;
        let token = artist.token().unwrap().to_owned();
        fleet.servers().to_postgres.becomes(way);
        let refused = artist.publish("While it is away").await.unwrap_err();
        assert!(refused.to_string().starts_with("503"), "{refused}");
        sleep(AWAY).await;
        fleet.servers().to_postgres.becomes(Way::Open);

        let began = Instant::now();
        let album = loop {
            let again = Client::connect(fleet.address()).await.unwrap();
            if let Ok(album) = again.with_token(token.clone()).publish("After it").await {
                break album;
            }
            assert!(began.elapsed() < HEALED, "no album is accepted");
        };
        albums.push(album);
        let left = HEALED.saturating_sub(began.elapsed());
        fleet.until_mailed(&albums, left).await;
        eprintln!("{way:?}: healed after {:.1?}", began.elapsed());
    }
    fleet.end();
}
