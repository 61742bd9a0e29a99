//! What was written is what arrives.

use adapters::mail::{Composer, SmtpMailer, Trust};
use domain::model::{EmailAddress, Mail};
use domain::ports::{MailError, Mailer};
use proptest::prelude::*;
use tests::scripted_smtp::{Script, ScriptedServer, Seen};

use super::super::world::{TestGate, composer, mail, parsed, plain, start};
use super::{kind, mailer};

async fn sent(script: Script, mail: &Mail) -> (Result<(), MailError>, Seen) {
    let server = ScriptedServer::start(script);
    let outcome = mailer(plain(&server))
        .send(mail, &TestGate::default())
        .await;
    (outcome, server.seen())
}

fn to(address: &str) -> Mail {
    let mut mail = mail("Ada", "Hello");
    mail.to.address = EmailAddress::try_from(address.to_owned()).unwrap();
    mail
}

#[tokio::test]
async fn a_mail_arrives_byte_for_byte() {
    let mail = mail("Ada", "Hello");

    let (outcome, seen) = sent(Script::usual(), &mail).await;

    assert_eq!(kind(&outcome), "taken");
    let composed = composer(&start().0).compose(&mail).unwrap();
    // The boundary between the parts is drawn anew for each copy.
    let without = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let boundary = text.split("boundary=\"").nth(1).unwrap();
        let boundary = boundary.split('"').next().unwrap().to_owned();
        text.replace(&boundary, "")
    };
    assert_eq!(without(&seen.mails[0]), without(&composed));
}

#[tokio::test]
async fn domains_travel_in_ascii_and_sizes_are_announced() {
    let (_, seen) = sent(Script::usual(), &mail("Ada", "Hello")).await;

    let text = seen.text.len() - ".\r\n".len();
    let from = format!("MAIL FROM:<backbeat@music.example> SIZE={text}");
    assert_eq!(seen.commands[1], from);
    assert_eq!(seen.commands[2], "RCPT TO:<ada@xn--exmple-cua.com>");
}

#[tokio::test]
async fn the_senders_domain_travels_in_ascii_too() {
    let server = ScriptedServer::start(Script::usual());
    let composer = Composer::new(None, "backbeat@exämple.com", start().0).unwrap();
    let mailer = SmtpMailer::new(plain(&server), Trust::System, composer);

    super::send_all(&mailer, 1).await;

    let seen = server.seen();
    let from = "MAIL FROM:<backbeat@xn--exmple-cua.com> ";
    assert!(seen.commands[1].starts_with(from), "{:?}", seen.commands);
    assert!(seen.mails[0].is_ascii());
}

#[tokio::test]
async fn a_server_that_offers_nothing_is_asked_for_nothing() {
    let (outcome, seen) = sent(Script::offering(&[]), &mail("Ada", "Hello")).await;

    assert_eq!(kind(&outcome), "taken");
    assert_eq!(seen.commands[1], "MAIL FROM:<backbeat@music.example>");
    assert!(seen.mails[0].is_ascii());
}

#[tokio::test]
async fn a_mail_larger_than_the_server_takes_is_not_begun() {
    let (outcome, seen) = sent(Script::offering(&["SIZE 500"]), &mail("Ada", "Hello")).await;

    assert_eq!(kind(&outcome), "permanent");
    let said = outcome.unwrap_err().to_string();
    assert!(said.contains("the server takes 500 at most"), "{said}");
    assert_eq!(seen.commands.len(), 1, "EHLO: {:?}", seen.commands);
}

#[tokio::test]
async fn an_address_beyond_ascii_goes_where_it_is_understood() {
    let (outcome, seen) = sent(Script::usual(), &to("josé@example.com")).await;

    assert_eq!(kind(&outcome), "taken", "{outcome:?}");
    let parameters: Vec<&str> = seen.commands[1].split(' ').skip(2).collect();
    assert!(parameters.contains(&"SMTPUTF8"), "{parameters:?}");
    assert_eq!(seen.commands[2], "RCPT TO:<josé@example.com>");
    let read = parsed(&seen.mails[0]);
    let to = read.to().and_then(|to| to.first()).unwrap();
    assert_eq!(to.address(), Some("josé@example.com"));
}

#[tokio::test]
async fn an_address_beyond_ascii_is_refused_in_words_where_it_is_not() {
    let (outcome, seen) = sent(Script::offering(&["8BITMIME"]), &to("josé@example.com")).await;

    assert_eq!(kind(&outcome), "permanent");
    let said = outcome.unwrap_err().to_string();
    assert!(said.contains("letters beyond ASCII before its @"), "{said}");
    assert!(!said.contains("josé"), "{said}");
    assert_eq!(seen.mails.len(), 0);
}

proptest! {
    // Each case is a conversation.
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is written, with dots wherever they hurt: it arrives, and ends where it ends.
    #[test]
    fn dots_and_line_ends_arrive_as_they_were_written(text in "(\\.{0,3}[a.é ]{0,4}(\r\n|\n|\\.\n)){0,30}") {
        let mut written = mail("Ada", "Hello");
        written.text = format!("{text}end");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();

        let (outcome, seen) = runtime.block_on(sent(Script::usual(), &written));

        prop_assert_eq!(kind(&outcome), "taken");
        prop_assert_eq!(seen.mails.len(), 1);
        let read = parsed(&seen.mails[0]);
        let arrived = read.body_text(0).unwrap().replace("\r\n", "\n");
        let meant = written.text.replace("\r\n", "\n");
        prop_assert_eq!(arrived.trim_end(), meant.trim_end());
        prop_assert_eq!(seen.commands.len(), 4, "no line of it became a command: {:?}", seen.commands);
    }
}
