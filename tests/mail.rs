//! The laws of mailers: nothing goes out before the gate, and every copy is the same mail.

mod smtp;
mod world;

use adapters::mail::FileMailer;
use chrono::TimeDelta;
use domain::model::{HeaderName, HeaderText};
use domain::ports::{GateClosed, MailError};
use mail_parser::MimeHeaders;
use proptest::prelude::*;

use self::world::{
    TestGate, World, composer, console, files, mail, memory, parsed, smtp_server, start,
};

async fn a_mail_is_taken_once_the_gate_was_passed_once(world: World) {
    let gate = TestGate::default();

    world
        .mailer
        .send(&mail("Ada", "Hello"), &gate)
        .await
        .unwrap();

    assert_eq!(*gate.passed.lock().unwrap(), 1);
    assert_eq!((world.taken)().len(), 1);
}

async fn a_closed_gate_lets_nothing_out(world: World) {
    let gate = TestGate {
        is_closed: true,
        ..TestGate::default()
    };

    let outcome = world.mailer.send(&mail("Ada", "Hello"), &gate).await;

    assert!(matches!(
        outcome,
        Err(MailError::HeldBack(GateClosed::Lost))
    ));
    assert_eq!((world.taken)(), Vec::<Vec<u8>>::new());
    let left = world.folder.path().read_dir().unwrap().count();
    assert_eq!(left, 0, "nothing is left lying about");
}

async fn copies_have_one_message_id(world: World) {
    world
        .mailer
        .send(&mail("Ada", "Hello"), &TestGate::default())
        .await
        .unwrap();
    world.clock.advance(TimeDelta::hours(1));
    world
        .mailer
        .send(&mail("Ada", "Hello"), &TestGate::default())
        .await
        .unwrap();

    let taken = (world.taken)();
    assert!(!taken.is_empty());
    for bytes in &taken {
        let id = parsed(bytes).message_id().map(str::to_owned);
        assert_eq!(
            id.as_deref(),
            Some("congratulation.00000000-0000-0000-0000-000000000007@music.example")
        );
    }
}

async fn a_mail_reads_as_it_was_written(world: World) {
    let written = mail(
        "Ada \"the\" Ångström, <b>",
        "Ünïcode & a \"quote\" — and a subject that is long enough to need another line",
    );

    world
        .mailer
        .send(&written, &TestGate::default())
        .await
        .unwrap();

    let bytes = (world.taken)().remove(0);
    let read = parsed(&bytes);
    let to = read.to().and_then(|to| to.first()).unwrap();
    let from = read.from().and_then(|from| from.first()).unwrap();
    assert_eq!(
        (to.name(), to.address()),
        (
            Some(written.to.name.as_str()),
            Some("ada@xn--exmple-cua.com")
        )
    );
    assert_eq!(
        (from.name(), from.address()),
        (Some("Backbeat, Inc."), Some("backbeat@music.example"))
    );
    assert_eq!(read.subject(), Some(written.subject.as_str()));
    assert_eq!(
        read.body_text(0).unwrap().replace("\r\n", "\n").trim_end(),
        written.text.trim_end()
    );
    assert_eq!(read.body_html(0).unwrap().trim_end(), written.html);
    assert_eq!(
        read.content_type().and_then(|it| it.subtype()),
        Some("alternative")
    );
    assert_eq!(read.date().unwrap().to_timestamp(), 1_800_000_000);
    for (name, value) in [
        ("Auto-Submitted", "auto-generated"),
        ("X-Kind", "test"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(read.header_raw(name).map(str::trim), Some(value), "{name}");
    }
}

async fn a_long_link_in_a_header_is_neither_broken_nor_encoded(world: World) {
    let link = format!(
        "<https://music.example/{}/unsubscribe/v1.a_b-c.d>",
        "x".repeat(500)
    );
    let mut written = mail("Ada", "Hello");
    for (name, value) in [
        ("List-Unsubscribe", link.as_str()),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("List-Id", "Backbeat reminders <reminders.music.example>"),
    ] {
        let name = HeaderName::try_from(name.to_owned()).unwrap();
        written
            .headers
            .push((name, HeaderText::without_controls(value)));
    }

    let sent = world.mailer.send(&written, &TestGate::default()).await;

    sent.unwrap();
    let bytes = (world.taken)().remove(0);
    let text = String::from_utf8_lossy(&bytes);
    assert!(
        text.lines().all(|line| line.len() <= 998),
        "RFC 5322, 2.1.1"
    );
    assert!(text.contains(&link), "{text}");
    for (name, value) in &written.headers[1..] {
        let read = parsed(&bytes);
        assert_eq!(
            read.header_raw(name.as_str()).map(str::trim),
            Some(value.as_str())
        );
    }
}

macro_rules! laws {
    ($($law:ident)*) => {
        laws!(@ memory $($law)*);
        laws!(@ files $($law)*);
        laws!(@ console $($law)*);
        laws!(@ smtp_server $($law)*);
    };
    (@ $adapter:ident $($law:ident)*) => {
        mod $adapter {
            $(
                #[tokio::test]
                async fn $law() {
                    super::$law(super::$adapter()).await;
                }
            )*
        }
    };
}

laws! {
    a_mail_is_taken_once_the_gate_was_passed_once
    a_closed_gate_lets_nothing_out
    copies_have_one_message_id
    a_mail_reads_as_it_was_written
    a_long_link_in_a_header_is_neither_broken_nor_encoded
}

#[tokio::test]
async fn a_file_is_named_by_its_message_id_and_a_copy_is_the_same_file() {
    let world = files();

    for _ in 0..2 {
        world
            .mailer
            .send(&mail("Ada", "Hello"), &TestGate::default())
            .await
            .unwrap();
    }

    let names: Vec<String> = world
        .folder
        .path()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        names,
        ["congratulation.00000000-0000-0000-0000-000000000007@music.example.eml"]
    );
}

#[tokio::test]
async fn a_folder_that_went_away_is_no_one_mails_fault() {
    let world = files();
    std::fs::remove_dir(world.folder.path()).unwrap();

    let outcome = world
        .mailer
        .send(&mail("Ada", "Hello"), &TestGate::default())
        .await;

    assert!(
        matches!(outcome, Err(MailError::Provider { .. })),
        "{outcome:?}"
    );
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let (clock, folder) = start();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();

    let error = FileMailer::open(&file.join("mail"), composer(&clock))
        .err()
        .unwrap();

    assert!(error.to_string().contains("file/mail"), "{error}");
}

proptest! {
    // What was found is told by the failing test; nothing is written into the tree.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever an artist calls itself or its album: one mail, two known addresses, no header of theirs.
    #[test]
    fn no_name_adds_a_header_or_a_recipient(name in "\\PC{0,60}|[\\x00-\\x7f]{0,60}", subject in "\\PC{0,120}|[\\x00-\\x7f]{0,120}") {
        let (clock, _folder) = start();
        let bytes = composer(&clock).compose(&mail(&name, &subject)).unwrap();
        let read = parsed(&bytes);

        prop_assert_eq!(read.to().map(|to| to.iter().count()), Some(1));
        prop_assert_eq!(read.to().and_then(|to| to.first()).and_then(|to| to.address()), Some("ada@xn--exmple-cua.com"));
        prop_assert_eq!(read.headers().len(), 10, "{:?}", read.headers());
        prop_assert!(read.body_text(0).unwrap().contains("Hello Ada"));
    }
}
