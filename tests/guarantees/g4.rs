//! G4: no mail without an album, and only to its artist.

use std::time::Duration;

use serde_json::json;
use tests::proxy::Way;

use super::fleet::Fleet;

promises! { everywhere: what_was_refused_or_deleted_brings_no_mail; }

async fn what_was_refused_or_deleted_brings_no_mail(mut fleet: Fleet) {
    let mut ada = fleet.artist("ada").await;
    fleet.to_sink.becomes(Way::Cut);
    let deleted = ada.publish("Regretted").await.unwrap();
    let refused = ada
        .send("POST", "/albums/", Some(json!({"name": ""})))
        .await
        .unwrap();
    assert_eq!(refused.status, 400, "{refused:?}");
    let gone = ada
        .send("DELETE", &format!("/albums/{deleted}/"), None)
        .await
        .unwrap();
    assert_eq!(gone.status, 204, "{gone:?}");
    let kept = ada.publish("Kept").await.unwrap();

    fleet.to_sink.becomes(Way::Open);
    fleet.until_mailed(&[kept], Duration::from_secs(30)).await;
    fleet.until_at_rest().await;

    assert_eq!(fleet.mailed(), [kept]);
    let commands = fleet.sink.seen().commands;
    let to = |line: &&String| line.starts_with("RCPT") && !line.contains("<ada@example.com>");
    assert_eq!(commands.iter().find(to), None, "a mail to somebody else");
    fleet.end();
}
