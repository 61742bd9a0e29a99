//! G5: a repeated POST is one album and one mail, with an `Idempotency-Key`.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::client::{Answer, Client, ClientError};
use tests::proxy::{Proxy, Target, Way};

use super::fleet::{Fleet, Role};

const AT_A_TIME: usize = 16;

promises! {
    everywhere:
        a_repeated_post_is_one_album_and_one_mail,
        a_post_whose_answer_was_lost_is_one_album_and_one_mail;
}

async fn publish(client: &mut Client, name: &str) -> Result<Answer, ClientError> {
    let album: Value = json!({"name": name, "cost": "9.99"});
    let key = [("Idempotency-Key", "the-same-request")];
    client
        .send_with("POST", "/albums/", Some(album), &key)
        .await
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

    let at_once = clients.iter_mut().map(|client| publish(client, "Once"));
    let answers = join_all(at_once).await;
    fleet.kill(Role::Api);
    fleet.start(Role::Api);
    let mut client = again(&fleet).await;
    let after_a_kill = publish(&mut client, "Once").await;
    let another = publish(&mut client, "Another").await.unwrap();

    let all = answers.into_iter().chain([after_a_kill]);
    let all: Vec<Answer> = all.map(Result::unwrap).collect();
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

async fn a_post_whose_answer_was_lost_is_one_album_and_one_mail(mut fleet: Fleet) {
    let ada = fleet.artist("ada").await;
    let token = ada.token().unwrap().to_owned();
    let way = Proxy::to(Target::Port(fleet.address())).await;
    way.becomes(Way::LosesAnswers("POST /albums/"));

    for lost in 1..=3 {
        let client = Client::connect(way.address()).await.unwrap();
        let answer = publish(&mut client.with_token(token.clone()), "Once").await;
        assert!(answer.is_err(), "{answer:?} came after all");
        assert_eq!(way.lost_answers(), lost);
    }
    way.becomes(Way::Open);
    let client = Client::connect(way.address()).await.unwrap();
    let answer = publish(&mut client.with_token(token), "Once")
        .await
        .unwrap();

    assert_eq!(answer.status, 201, "{answer:?}");
    let album = answer.body["id"].as_str().unwrap().parse().unwrap();
    fleet.until_mailed(&[album], Duration::from_secs(10)).await;
    fleet.until_at_rest().await;
    assert_eq!(fleet.mailed(), [album]);
    fleet.end();
}
