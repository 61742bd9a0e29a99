//! The task's name on the wire, and the mail it makes.

use uuid::Uuid;

use super::*;
use crate::model::{
    Account, AccountId, Artist, EmailAddress, HeaderText, MailKind, StageName, Username,
};
use crate::tasks::{Envelope, Payload, QueueName};

const SINCE: DateTime<Utc> =
    DateTime::from_timestamp(1_767_268_800, 0).expect("an instant of 2026");
const TASK: RemindInactiveArtist = RemindInactiveArtist {
    artist_id: ArtistId::new(Uuid::from_u128(2)),
    as_of: SINCE,
};

fn mail(stage_name: &str, public_url: &str) -> Mail {
    let account = Account {
        id: AccountId::new(Uuid::from_u128(1)),
        username: Username::try_from("ada".to_owned()).expect("a username"),
        email: EmailAddress::try_from("ada@example.com".to_owned()).expect("an address"),
        bio: None,
        is_staff: false,
        created_at: SINCE,
    };
    let artist = Artist {
        id: TASK.artist_id,
        account_id: account.id,
        stage_name: StageName::try_from(stage_name.to_owned()).expect("a stage name"),
        social_link: None,
        created_at: SINCE,
    };
    let silence = Silence {
        artist,
        since: SINCE,
        is_unsubscribed: false,
    };
    let letter = Letter {
        key: MailKey {
            kind: MailKind::Reminder,
            cause: Uuid::from_u128(3),
        },
        silence: &silence,
        account: &account,
        as_of: SINCE + TimeDelta::days(31) - TimeDelta::seconds(1),
        quiet_after: TimeDelta::days(30),
        public_url,
        token: "v1.abc.def",
    };
    letter.mail()
}

fn header<'a>(mail: &'a Mail, name: &str) -> Option<&'a str> {
    let mut headers = mail.headers.iter();
    let header = headers.find(|(each, _)| each.as_str() == name);
    header.map(|(_, value)| HeaderText::as_str(value))
}

#[test]
fn name_and_payload_on_the_wire_never_change() {
    let envelope = Envelope::seal(&TASK, 1, QueueName::default());

    assert_eq!(
        envelope.name.as_str(),
        "albums.tasks.remind_inactive_artist"
    );
    assert_eq!(
        String::from_utf8_lossy(envelope.payload.as_bytes()),
        r#"[[],{"artist_id":"00000000-0000-0000-0000-000000000002","as_of":"2026-01-01T12:00:00Z"},{"callbacks":null,"chain":null,"chord":null,"errbacks":null}]"#
    );
}

#[test]
fn arguments_come_by_position_too() {
    let positional =
        br#"[["00000000-0000-0000-0000-000000000002", "2026-01-01T12:00:00+00:00"], {}, {}]"#;
    let task = Payload::from_bytes(positional.to_vec()).decode::<RemindInactiveArtist>();

    assert_eq!(task.expect("a task"), TASK);
}

#[test]
fn what_came_of_it_is_said_in_words() {
    for (outcome, words) in [
        (Reminded::Sent, "sent"),
        (Reminded::AlreadySent, "already sent"),
        (Reminded::ArtistGone, "not sent: the artist is gone"),
        (Reminded::NotQuiet, "not sent: the artist is not quiet"),
        (
            Reminded::Unsubscribed,
            "not sent: the artist has unsubscribed",
        ),
    ] {
        assert_eq!(serde_json::json!(outcome), words);
    }
}

#[test]
fn the_mail_says_since_when_what_it_costs_and_what_to_do_in_both_forms() {
    let mail = mail("Ada & the Engines", "https://music.example");

    assert_eq!(mail.subject.as_str(), "31 days without a new album");
    for body in [&mail.text, &mail.html] {
        for part in [
            "since 1 January 2026: 31 days of silence",
            "Silence costs popularity",
            "https://music.example/albums/",
            "https://music.example/unsubscribe/v1.abc.def",
            "for more than 30 days",
        ] {
            assert!(body.contains(part), "{part} in\n{body}");
        }
    }
    assert!(mail.text.starts_with("Hello Ada & the Engines,\n"));
    assert!(mail.html.contains("Hello Ada &#38; the Engines,"));
}

#[test]
fn mail_programs_are_told_how_to_unsubscribe_with_one_click() {
    let mail = mail("Ada", "https://music.example");

    assert_eq!(
        header(&mail, "List-Unsubscribe"),
        Some("<https://music.example/unsubscribe/v1.abc.def>")
    );
    assert_eq!(
        header(&mail, "List-Unsubscribe-Post"),
        Some("List-Unsubscribe=One-Click")
    );
}

#[test]
fn the_list_is_named_after_the_host() {
    for (url, host) in [
        ("https://music.example", "music.example"),
        (
            "https://xn--exmple-cua.com:8443/music",
            "xn--exmple-cua.com",
        ),
        ("http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000", "localhost"),
        ("http://[::1]:8000", "localhost"),
    ] {
        let list = format!("Backbeat reminders <reminders.{host}>");

        assert_eq!(header(&mail("Ada", url), "List-Id"), Some(list.as_str()));
    }
}

#[test]
fn markup_in_a_name_stays_text() {
    let mail = mail("\"><script>alert(1)</script>", "https://music.example");

    assert!(!mail.html.contains("<script>"), "{}", mail.html);
    assert!(mail.text.contains("<script>alert(1)</script>"));
}
