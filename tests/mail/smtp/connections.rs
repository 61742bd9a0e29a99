//! Connections are few, used again, and never out of step.

use std::time::Duration;

use adapters::mail::SmtpServer;
use domain::ports::Mailer;
use futures_util::future::join_all;
use tests::scripted_smtp::{Act, Script, ScriptedServer, Seen, Step};
use tokio::time::{advance, pause, resume};
use tokio_util::sync::CancellationToken;

use super::super::world::{TestGate, mail, plain};
use super::{credentials, kind, mailer, send, send_all, shared};

#[tokio::test]
async fn a_hundred_mails_take_one_connection_and_one_login() {
    for offers in [&[][..], &["PIPELINING"][..]] {
        let server = ScriptedServer::start(Script::offering(offers).with_login("PLAIN"));
        let settings = SmtpServer {
            credentials: Some(credentials()),
            ..plain(&server)
        };

        send_all(&mailer(settings), 100).await;

        let seen = server.seen();
        assert_eq!((seen.connections, seen.logins), (1, 1));
        assert_eq!(seen.mails.len(), 100);
    }
}

#[tokio::test]
async fn no_more_connections_are_open_than_allowed() {
    let server = ScriptedServer::start(Script::usual());
    let mailer = mailer(SmtpServer {
        connections: 2,
        ..plain(&server)
    });

    let outcomes = join_all((0..24).map(|_| send(&mailer))).await;

    assert!(outcomes.iter().all(|(outcome, _)| outcome.is_ok()));
    let seen = server.seen();
    assert_eq!((seen.connections, seen.most_open), (2, 2));
    assert_eq!(seen.mails.len(), 24);
}

#[tokio::test]
async fn a_mail_that_finds_all_connections_in_use_comes_back_later() {
    let server = ScriptedServer::start(Script::usual().always(Step::Dot, Act::Stall));
    let mailer = std::sync::Arc::new(mailer(SmtpServer {
        connections: 1,
        ..plain(&server)
    }));
    let first = mailer.clone();
    let first = tokio::spawn(async move { send(&first).await });
    server.until(|seen| seen.text.ends_with(b"\r\n.\r\n")).await;

    pause();
    let (outcome, passed) = send(&mailer).await;

    assert_eq!((kind(&outcome), passed), ("busy", 0));
    first.abort();
}

#[tokio::test]
async fn refused_mails_leave_the_connection_to_the_next() {
    let refusals = [
        (Step::Mail, "451 4.3.0 later", "transient"),
        (Step::Rcpt, "550 5.1.1 who?", "permanent"),
        (Step::Rcpt, "450 4.2.1 later", "transient"),
        (Step::Data, "451 4.3.0 later", "transient"),
        (Step::Dot, "554 5.7.1 spam", "permanent"),
        (Step::Dot, "451 4.3.0 later", "transient"),
    ];
    for offers in [&[][..], &["PIPELINING"][..]] {
        let script = Script::offering(offers).with_login("PLAIN");
        let server = ScriptedServer::start(script.clone());
        let mailer = mailer(SmtpServer {
            credentials: Some(credentials()),
            ..plain(&server)
        });
        for (step, said, meant) in refusals {
            let refusing = script.clone().once(step, Act::say(said));
            let no_recipient = Act::say("554 5.5.1 no valid recipients");
            server.play(if step < Step::Data {
                refusing.once(Step::Data, no_recipient)
            } else {
                refusing
            });

            let (outcome, _) = send(&mailer).await;

            assert_eq!(kind(&outcome), meant, "{said}: {outcome:?}");
        }
        server.play(script);
        send_all(&mailer, 1).await;
        let seen = server.seen();
        assert_eq!((seen.connections, seen.logins), (1, 1));
        assert_eq!(seen.mails.len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_waits_for_the_text_of_a_refused_mail_gets_none() {
    for (step, said) in [(Step::Mail, "451 later"), (Step::Rcpt, "550 5.1.1 who?")] {
        let script = Script::offering(&["PIPELINING"]).once(step, Act::say(said));
        let server = ScriptedServer::start(script);
        let mailer = mailer(plain(&server));

        let (outcome, passed) = send(&mailer).await;

        assert!(outcome.is_err());
        assert_eq!(passed, 0);
        let seen = server.until(|seen| seen.open == 0).await;
        assert_eq!(seen.text, Vec::<u8>::new(), "not even a dot");
        assert_eq!(kind(&send(&mailer).await.0), "taken");
    }
}

#[tokio::test]
async fn a_server_that_says_goodbye_is_left() {
    for step in [Step::Mail, Step::Rcpt, Step::Data, Step::Dot] {
        let leaving = Act::say("421 4.3.2 going down");
        let server = ScriptedServer::start(Script::usual().once(step, leaving));
        let mailer = mailer(plain(&server));

        let (outcome, _) = send(&mailer).await;

        assert!(outcome.is_err(), "{step:?}");
        assert_eq!(kind(&send(&mailer).await.0), "taken", "{step:?}");
        assert_eq!(server.seen().connections, 2, "{step:?}");
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_costs_no_mail() {
    for leaving in [
        Act::Close,
        Act::say_and_close("421 4.4.2 idle for too long"),
    ] {
        let server = ScriptedServer::start(Script::usual());
        let mailer = mailer(plain(&server));
        send_all(&mailer, 1).await;

        server.play(Script::usual().once(Step::Mail, leaving));
        let (outcome, passed) = send(&mailer).await;

        assert_eq!((kind(&outcome), passed), ("taken", 1), "{outcome:?}");
        let seen = server.seen();
        assert_eq!((seen.connections, seen.mails.len()), (2, 2));
    }
}

#[tokio::test]
async fn a_server_that_was_started_again_is_found_again() {
    let server = ScriptedServer::start(Script::usual());
    let mailer = mailer(plain(&server));
    let address = server.address();
    send_all(&mailer, 1).await;

    server.stop().await;
    assert_eq!(kind(&send(&mailer).await.0), "provider");
    let server = ScriptedServer::start_at(address, Script::usual());
    send_all(&mailer, 2).await;

    let seen = server.seen();
    assert_eq!((seen.connections, seen.mails.len()), (1, 2));
}

#[tokio::test]
async fn a_send_that_was_given_up_never_answers_for_the_next() {
    for (step, said) in [
        (Step::Mail, "MAIL"),
        (Step::Rcpt, "RCPT"),
        (Step::Data, "DATA"),
        (Step::Dot, "DATA"),
    ] {
        let script = Script::usual()
            .once(step, Act::Stall)
            .always(Step::Dot, Act::say("554 5.7.1 spam"));
        let server = ScriptedServer::start(script);
        let mailer = mailer(plain(&server));

        let is_silent = |seen: &Seen| {
            let is_said = seen.commands.iter().any(|line| line.starts_with(said));
            is_said && (step != Step::Dot || seen.text.ends_with(b"\r\n.\r\n"))
        };
        tokio::select! {
            sent = send(&mailer) => panic!("{step:?}: {sent:?}"),
            _ = server.until(is_silent) => {}
        }
        let (outcome, _) = send(&mailer).await;

        assert_eq!(kind(&outcome), "permanent", "{step:?}: {outcome:?}");
        let seen = server.seen();
        assert_eq!((seen.connections, seen.mails.len()), (2, 0), "{step:?}");
    }
}

#[tokio::test]
async fn an_aborted_task_takes_its_connection_with_it() {
    let server = ScriptedServer::start(Script::usual());
    let mailer = shared(&server);
    send_all(&mailer, 1).await;
    server.from_now_on(Step::Dot, Act::Stall);
    let sending = mailer.clone();
    let sending = tokio::spawn(async move {
        let gate = TestGate::default();
        sending.send(&mail("Ada", "Hello"), &gate).await
    });
    let has_a_second = |seen: &Seen| {
        let begun = seen.commands.iter().filter(|line| *line == "DATA").count();
        begun == 2 && seen.text.ends_with(b"\r\n.\r\n")
    };
    server.until(has_a_second).await;

    sending.abort();

    assert!(sending.await.unwrap_err().is_cancelled());
    server.play(Script::usual());
    send_all(&mailer, 1).await;
    assert_eq!(server.seen().connections, 2);
}

#[tokio::test]
async fn a_connection_that_nobody_needs_is_closed_with_a_word() {
    let server = ScriptedServer::start(Script::usual());
    let mailer = mailer(plain(&server));
    send_all(&mailer, 1).await;

    let stop = CancellationToken::new();
    let tidying = mailer.tidy(stop.clone());
    let until_closed = async {
        pause();
        advance(Duration::from_mins(2)).await;
        resume();
        let seen = server.until(|seen| seen.open == 0).await;
        stop.cancel();
        seen
    };
    let ((), seen) = tokio::join!(tidying, until_closed);

    assert_eq!(seen.commands.last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn a_connection_that_has_waited_for_long_is_not_used_again() {
    let server = ScriptedServer::start(Script::usual());
    let mailer = mailer(plain(&server));
    send_all(&mailer, 1).await;

    pause();
    advance(Duration::from_mins(2)).await;
    resume();
    send_all(&mailer, 1).await;

    assert_eq!(server.seen().connections, 2);
}
