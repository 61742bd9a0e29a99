//! The task's name on the wire, and the mail it makes.

use chrono::DateTime;
use uuid::Uuid;

use super::*;
use crate::model::{AccountId, Album, AlbumName, Artist, EmailAddress, StageName, Username};
use crate::tasks::{Envelope, QueueName};

fn details(stage_name: &str, album: &str) -> (AlbumDetails, Account) {
    let account = Account {
        id: AccountId::new(Uuid::from_u128(1)),
        username: Username::try_from("ada".to_owned()).expect("a username"),
        email: EmailAddress::try_from("ada@example.com".to_owned()).expect("an address"),
        bio: None,
        is_staff: false,
        created_at: DateTime::UNIX_EPOCH,
    };
    let artist = Artist {
        id: ArtistId::new(Uuid::from_u128(2)),
        account_id: account.id,
        stage_name: StageName::try_from(stage_name.to_owned()).expect("a stage name"),
        social_link: None,
        created_at: DateTime::UNIX_EPOCH,
    };
    let album = Album {
        id: AlbumId::new(Uuid::from_u128(3)),
        artist_id: artist.id,
        name: AlbumName::try_from(album.to_owned()).expect("an album name"),
        release_date: None,
        cost: None,
        is_approved: false,
        created_at: DateTime::UNIX_EPOCH,
    };
    (AlbumDetails { album, artist }, account)
}

#[test]
fn name_and_payload_on_the_wire_never_change() {
    let task = CongratulateArtist {
        artist_id: ArtistId::new(Uuid::from_u128(2)),
        album_id: AlbumId::new(Uuid::from_u128(3)),
    };
    let envelope = Envelope::seal(&task, task.album_id, QueueName::default());

    assert_eq!(envelope.name.as_str(), "albums.tasks.congratulate_artist");
    assert_eq!(
        String::from_utf8_lossy(envelope.payload.as_bytes()),
        r#"[[],{"album_id":"00000000-0000-0000-0000-000000000003","artist_id":"00000000-0000-0000-0000-000000000002"},{"callbacks":null,"chain":null,"chord":null,"errbacks":null}]"#
    );
    assert_eq!(
        envelope.key.as_ref().map(crate::tasks::Key::as_str),
        Some("albums.tasks.congratulate_artist:00000000-0000-0000-0000-000000000003")
    );
}

#[test]
fn the_mail_names_artist_album_and_link_in_both_forms() {
    let (details, account) = details("Ada & the Engines", "Notes on Bernoulli");
    let mail = congratulation(&details, &account, "https://music.example");
    let link = "https://music.example/albums/00000000-0000-0000-0000-000000000003/";

    assert_eq!(
        mail.subject.as_str(),
        "Your album “Notes on Bernoulli” is published"
    );
    assert_eq!(mail.to.address, account.email);
    for part in ["Hello Ada & the Engines,", "“Notes on Bernoulli”", link] {
        assert!(mail.text.contains(part), "{part} in\n{}", mail.text);
    }
    for part in ["Hello Ada &#38; the Engines,", "“Notes on Bernoulli”", link] {
        assert!(mail.html.contains(part), "{part} in\n{}", mail.html);
    }
}

#[test]
fn markup_in_names_stays_text() {
    let (details, account) = details(
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
    );
    let mail = congratulation(&details, &account, "https://music.example");

    assert!(!mail.html.contains("<script>"));
    assert!(!mail.html.contains("<img"));
    assert!(mail.text.contains("<script>alert(1)</script>"));
}
