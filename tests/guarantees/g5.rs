//! G5: a repeated POST is one album and one mail, with an `Idempotency-Key`.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::client::{Answer, Client};

use super::fleet::{Fleet, Role};

const AT_A_TIME: usize = 16;

promises! { everywhere: a_repeated_post_is_one_album_and_one_mail; }

async fn publish(mut client: Client, name: &str) -> (Client, Answer) {
    let album: Value = json!({"name": name, "cost": "9.99"});
    let key = [("Idempotency-Key", "the-same-request")];
    let answer = client
        .send_with("POST", "/albums/", Some(album), &key)
        .await;
    (client, answer.unwrap())
}

async fn a_repeated_post_is_one_album_and_one_mail(mut fleet: Fleet) {
    let ada = fleet.artist("ada").await;
    let token = ada.token().unwrap().to_owned();
    let again = async |fleet: &Fleet| {
        let client = Client::connect(fleet.address()).await.unwrap();
        client.with_token(token.clone())
    };
    let mut clients = Vec::new();
    for _ in 0..AT_A_TIME {
        clients.push(again(&fleet).await);
    }

    let at_once = clients.into_iter().map(|client| publish(client, "Once"));
    let answers = join_all(at_once).await;
    fleet.kill(Role::Api);
    fleet.start(Role::Api);
    let (client, after_a_kill) = publish(again(&fleet).await, "Once").await;
    let (_, another) = publish(client, "Another").await;

    let all: Vec<&Answer> = answers
        .iter()
        .map(|(_, answer)| answer)
        .chain([&after_a_kill])
        .collect();
    assert!(all.iter().all(|answer| answer.status == 201), "{all:?}");
    let album = &all[0].body["id"];
    assert!(
        all.iter().all(|answer| answer.body["id"] == *album),
        "{all:?}"
    );
    assert_eq!(another.status, 422, "{another:?}");
    let album = album.as_str().unwrap().parse().unwrap();
    fleet.until_mailed(&[album], Duration::from_secs(10)).await;
    fleet.until_at_rest().await;
    assert_eq!(fleet.mailed(), [album]);
    fleet.end();
}
