//! Every stage, and every way in which it can go wrong.

use adapters::mail::{Security, SmtpMailer, SmtpServer, Trust};
use futures_util::future::join_all;
use tests::scripted_smtp::{Act, Authority, Script, ScriptedServer, Step, Validity};

use super::super::world::{composer, plain, start};
use super::{SOON, credentials, kind, send};

/// What goes wrong, and what it means for the mail, by what the server does:
/// 4xx, 5xx, closing, saying nothing.
const STAGES: [(Step, &str, [&str; 2], [&str; 4]); 8] = [
    (
        Step::Greeting,
        "greeting",
        ["421 4.3.2 busy", "554 5.3.2 no"],
        ["provider"; 4],
    ),
    (
        Step::Ehlo,
        "EHLO",
        ["421 4.3.2 busy", "550 5.7.1 no"],
        ["provider"; 4],
    ),
    (
        Step::StartTls,
        "STARTTLS",
        ["454 4.7.0 later", "502 5.5.1 no"],
        ["provider"; 4],
    ),
    (
        Step::Auth,
        "AUTH",
        ["454 4.7.0 later", "535 5.7.8 no"],
        ["provider"; 4],
    ),
    (
        Step::Mail,
        "MAIL",
        ["451 4.3.0 later", "553 5.7.1 not yours"],
        ["transient", "provider", "transient", "transient"],
    ),
    (
        Step::Rcpt,
        "RCPT",
        ["450 4.2.1 later", "550 5.1.1 <ada@xn--exmple-cua.com> who?"],
        ["transient", "permanent", "transient", "transient"],
    ),
    (
        Step::Data,
        "DATA",
        ["451 4.3.0 later", "554 5.7.1 no"],
        ["transient", "permanent", "transient", "transient"],
    ),
    (
        Step::Dot,
        "final dot",
        ["451 4.3.0 later", "554 5.7.1 spam"],
        ["transient", "permanent", "doubtful", "doubtful"],
    ),
];

#[tokio::test]
async fn every_stage_fails_as_it_should_and_says_where() {
    let authority = Authority::new();
    let mut all = Vec::new();
    for (step, name, [later, never], meant) in STAGES {
        let acts = [Act::say(later), Act::say(never), Act::Close, Act::Stall];
        for (act, meant) in acts.into_iter().zip(meant) {
            for offers in [&[][..], &["PIPELINING"][..]] {
                let script = Script::offering(offers)
                    .with_login("PLAIN")
                    .with_starttls(authority.server("127.0.0.1", Validity::Valid));
                all.push(fails(&authority, script, step, act.clone(), name, meant));
            }
        }
    }
    join_all(all).await;
}

async fn fails(
    authority: &Authority,
    script: Script,
    step: Step,
    act: Act,
    name: &str,
    meant: &str,
) {
    let case = format!("{name}: {act:?}");
    let server = ScriptedServer::start(script.clone().always(step, act.clone()));
    let stalls = matches!(act, Act::Stall);
    let mailer = SmtpMailer::new(
        SmtpServer {
            security: Security::StartTls,
            credentials: Some(credentials()),
            timeout: if stalls { SOON } else { plain(&server).timeout },
            last_reply: SOON,
            ..plain(&server)
        },
        Trust::only(authority.pem().as_bytes()).unwrap(),
        composer(&start().0),
    );

    let (outcome, passed) = send(&mailer).await;

    assert_eq!(kind(&outcome), meant, "{case}: {outcome:?}");
    assert_eq!(passed, u32::from(step == Step::Dot), "{case}");
    let said = outcome.unwrap_err().to_string();
    assert!(said.contains(name), "{case}: {said}");
    assert!(!said.contains("xn--exmple"), "{case}: {said}");
    let seen = server.seen();
    assert_eq!(seen.mails, Vec::<Vec<u8>>::new(), "{case}");
    let saw_the_dot = seen.text.ends_with(b"\r\n.\r\n");
    assert_eq!(saw_the_dot, step == Step::Dot, "{case}");

    // Nothing of it sticks.
    server.play(script);
    assert_eq!(kind(&send(&mailer).await.0), "taken", "{case}, mended");
}

#[tokio::test]
async fn nobody_there_is_the_providers_trouble() {
    let server = ScriptedServer::start(Script::usual());
    let settings = plain(&server);
    server.stop().await;

    let (outcome, passed) = send(&super::mailer(settings)).await;

    assert_eq!((kind(&outcome), passed), ("provider", 0), "{outcome:?}");
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_the_providers_trouble() {
    let server = ScriptedServer::start(Script::usual());
    let settings = SmtpServer {
        host: "mail.invalid".to_owned(),
        ..plain(&server)
    };

    let (outcome, _) = send(&super::mailer(settings)).await;

    assert_eq!(kind(&outcome), "provider", "{outcome:?}");
    let said = outcome.unwrap_err().to_string();
    assert!(said.contains("name look-up: mail.invalid"), "{said}");
}

#[tokio::test]
async fn every_address_of_a_name_is_tried() {
    let server = ScriptedServer::start(Script::usual());
    let settings = SmtpServer {
        // On most machines that is ::1 first, where nobody listens.
        host: "localhost".to_owned(),
        ..plain(&server)
    };

    let (outcome, _) = send(&super::mailer(settings)).await;

    assert_eq!(kind(&outcome), "taken", "{outcome:?}");
}

#[tokio::test]
async fn what_is_no_mail_server_is_found_out() {
    let server = ScriptedServer::start(
        Script::usual().always(Step::Greeting, Act::say("HTTP/1.1 400 Bad Request")),
    );

    let (outcome, _) = send(&super::mailer(plain(&server))).await;

    assert_eq!(kind(&outcome), "provider", "{outcome:?}");
    let said = outcome.unwrap_err().to_string();
    assert!(
        said.contains("greeting: no reply of a mail server"),
        "{said}"
    );
}

#[tokio::test]
async fn an_old_server_is_greeted_in_the_old_way() {
    let old = Script::offering(&[]).always(Step::Ehlo, Act::say("500 What?"));
    let server = ScriptedServer::start(old);

    let (outcome, _) = send(&super::mailer(plain(&server))).await;

    assert_eq!(kind(&outcome), "taken", "{outcome:?}");
    let hellos = server.seen().commands;
    let hellos = hellos.iter().map(|line| line.split(' ').next().unwrap());
    assert_eq!(hellos.take(2).collect::<Vec<_>>(), ["EHLO", "HELO"]);
}

#[tokio::test]
async fn a_used_up_quota_is_the_providers_trouble_wherever_it_shows() {
    for (step, said) in [
        (Step::Mail, "421 4.7.28 too much at once"),
        (Step::Rcpt, "452 4.5.3 daily quota exceeded"),
        (Step::Dot, "550 5.4.5 Daily user sending limit exceeded"),
    ] {
        let server = ScriptedServer::start(Script::usual().always(step, Act::say(said)));

        let (outcome, _) = send(&super::mailer(plain(&server))).await;

        assert_eq!(kind(&outcome), "provider", "{said}: {outcome:?}");
    }
}
