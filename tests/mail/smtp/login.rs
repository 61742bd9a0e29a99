//! Logging in, and keeping the password to oneself.

use std::sync::{Arc, Mutex};

use adapters::mail::{Credentials, Secret, SmtpServer, Speaker};
use tests::scripted_smtp::{Act, PASSWORD, Script, ScriptedServer, Step};

use super::super::world::plain;
use super::{credentials, kind, mailer, send};

/// What must never be seen of the password.
const ENCODED: [&str; 3] = [
    PASSWORD,
    "b3BlbiBzZXNhbWU=",
    "AGFkYUBtdXNpYy5leGFtcGxlAG9wZW4gc2VzYW1l",
];

fn with(server: &ScriptedServer, credentials: Credentials) -> SmtpServer {
    SmtpServer {
        credentials: Some(credentials),
        ..plain(server)
    }
}

#[tokio::test]
async fn one_logs_in_by_what_is_offered() {
    for (mechanisms, used) in [
        ("PLAIN", "AUTH PLAIN"),
        ("LOGIN", "AUTH LOGIN"),
        ("LOGIN PLAIN XOAUTH2", "AUTH PLAIN"),
        ("CRAM-MD5 LOGIN", "AUTH LOGIN"),
    ] {
        let server = ScriptedServer::start(Script::usual().with_login(mechanisms));

        let (outcome, _) = send(&mailer(with(&server, credentials()))).await;

        assert_eq!(kind(&outcome), "taken", "{mechanisms}: {outcome:?}");
        assert!(server.seen().commands.contains(&used.to_owned()));
    }
}

#[tokio::test]
async fn a_wrong_password_is_the_providers_trouble() {
    for mechanism in ["PLAIN", "LOGIN"] {
        let server = ScriptedServer::start(Script::usual().with_login(mechanism));
        let wrong = Credentials {
            password: Secret::new("guess"),
            ..credentials()
        };

        let (outcome, _) = send(&mailer(with(&server, wrong))).await;

        assert_eq!(kind(&outcome), "provider", "{outcome:?}");
        let said = outcome.unwrap_err().to_string();
        assert!(said.contains("AUTH: 535 5.7.8"), "{said}");
        assert_eq!(server.seen().mails.len(), 0);
    }
}

#[tokio::test]
async fn a_server_that_knows_no_login_gets_no_password() {
    for script in [Script::usual(), Script::usual().with_login("CRAM-MD5")] {
        let server = ScriptedServer::start(script);

        let (outcome, _) = send(&mailer(with(&server, credentials()))).await;

        assert_eq!(kind(&outcome), "provider", "{outcome:?}");
        let said = outcome.unwrap_err().to_string();
        assert!(said.contains("AUTH: the server offers no way"), "{said}");
    }
}

#[tokio::test]
async fn plain_that_was_offered_but_not_meant_gives_way_to_login() {
    let script = Script::usual()
        .with_login("PLAIN LOGIN")
        .once(Step::Auth, Act::say("504 5.5.4 not that one"));
    let server = ScriptedServer::start(script);

    let (outcome, _) = send(&mailer(with(&server, credentials()))).await;

    assert_eq!(kind(&outcome), "taken", "{outcome:?}");
}

#[tokio::test]
async fn a_conversation_can_be_overheard_but_no_password_in_it() {
    for mechanism in ["PLAIN", "LOGIN"] {
        let server = ScriptedServer::start(Script::usual().with_login(mechanism));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let lines = heard.clone();
        let mailer = mailer(with(&server, credentials()))
            .overheard(move |who, line| lines.lock().unwrap().push((who, line.to_owned())));

        send(&mailer).await.0.unwrap();

        let heard = heard.lock().unwrap();
        let said = |who, line: &str| heard.contains(&(who, line.to_owned()));
        assert!(said(Speaker::Server, "220 mail.example ESMTP"), "{heard:?}");
        assert!(said(Speaker::Server, "250-PIPELINING"), "{heard:?}");
        assert!(said(Speaker::Client, "DATA"), "{heard:?}");
        assert!(said(Speaker::Client, "."), "{heard:?}");
        assert!(said(Speaker::Server, "250 2.0.0 Taken"), "{heard:?}");
        let all = format!("{heard:?}");
        assert!(all.contains("****"), "{all}");
        assert!(all.contains("(the mail: "), "{all}");
        for secret in ENCODED {
            assert!(!all.contains(secret), "{all}");
        }
    }
}

#[tokio::test]
async fn a_password_that_the_server_repeats_is_in_no_error() {
    for mechanism in ["PLAIN", "LOGIN"] {
        let repeats = format!("535 5.7.8 what is {}?", ENCODED.join(" or "));
        let script = Script::usual().with_login(mechanism);
        let server = ScriptedServer::start(script.always(Step::Auth, Act::Say(repeats)));
        let heard = Arc::new(Mutex::new(String::new()));
        let lines = heard.clone();
        let mailer = mailer(with(&server, credentials()))
            .overheard(move |_, line| lines.lock().unwrap().push_str(line));

        let (outcome, _) = send(&mailer).await;

        let all = format!("{outcome:?} {}", heard.lock().unwrap());
        assert!(all.contains("what is ****"), "{all}");
        for secret in ENCODED {
            assert!(!all.contains(secret), "{all}");
        }
    }
}
