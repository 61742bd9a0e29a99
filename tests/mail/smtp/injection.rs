//! Whatever is an address to us, and whatever a mail says: four commands, and no more.

use domain::model::EmailAddress;
use proptest::prelude::*;
use tests::scripted_smtp::{Script, ScriptedServer};
use tokio::runtime::Builder;

use super::super::world::{TestGate, mail, plain};
use super::mailer;
use domain::ports::Mailer as _;

/// What people have tried who would like to speak to the server themselves.
const TRIED: [&str; 12] = [
    "ada@example.com\r\nRCPT TO:<eve@example.com>",
    "ada@example.com\nDATA",
    "ada@example.com\rRSET",
    "ada@example.com> NOTIFY=SUCCESS",
    "ada@example.com>\r\nDATA\r\n",
    "<ada@example.com>",
    "ada@example.com,eve@example.com",
    "ada@example.com eve@example.com",
    "\"ada\r\nDATA\"@example.com",
    "ada@[127.0.0.1]",
    "ada@example.com\u{2028}DATA",
    "ada\0@example.com",
];

#[test]
fn an_address_that_holds_a_command_is_none() {
    for address in TRIED {
        let read = EmailAddress::try_from(address.to_owned());
        assert!(read.is_err(), "{address:?}");
    }
}

proptest! {
    // Each case is a conversation.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_address_and_no_word_of_a_mail_becomes_a_command(
        address in "[a-z!#$%&'*+/=?^_`{|}~-]{1,20}[<> \r\n\t\0\"(),:;@]{0,2}[a-z]{0,5}@[a-z]{1,10}[<>\r\n ]{0,1}\\.com",
        words in "(\r\n|\n|\r|\\.|RCPT TO:<eve@example.com>|DATA|QUIT|[ -~]){0,40}",
    ) {
        let Ok(address) = EmailAddress::try_from(address) else { return Ok(()) };
        let mut mail = mail("Ada", &words);
        mail.to.address = address.clone();
        mail.text = words.clone();
        mail.html = words;
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();

        let seen = runtime.block_on(async {
            let server = ScriptedServer::start(Script::usual());
            mailer(plain(&server)).send(&mail, &TestGate::default()).await.unwrap();
            server.seen()
        });

        let verbs: Vec<_> = seen.commands.iter().map(|line| line.split([' ', ':']).next().unwrap()).collect();
        prop_assert_eq!(verbs, ["EHLO", "MAIL", "RCPT", "DATA"], "{:?}", seen.commands);
        let meant = format!("RCPT TO:<{}>", address.as_str());
        prop_assert_eq!(&seen.commands[2], &meant);
        prop_assert_eq!(seen.mails.len(), 1);
    }
}
