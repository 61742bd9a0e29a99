//! The gate, and the final dot behind it.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use adapters::mail::{SmtpMailer, SmtpServer};
use async_trait::async_trait;
use domain::ports::{Gate, GateClosed, MailError, Mailer};
use domain::tasks::Task;
use domain::use_cases::CongratulateArtist;
use tests::scripted_smtp::{Act, Script, ScriptedServer, Step};

use super::super::world::{TestGate, mail, plain};
use super::{SOON, kind, mailer, send};

/// A gate that looks at what the server has at that moment.
struct Watchful<'a> {
    server: &'a ScriptedServer,
    has_looked: AtomicBool,
}

#[async_trait]
impl Gate for Watchful<'_> {
    async fn pass(&self) -> Result<(), GateClosed> {
        let end = b"--\r\n";
        let seen = self.server.until(|seen| seen.text.ends_with(end)).await;
        assert_eq!(seen.mails.len(), 0);
        // Were the dot on its way, it would be there by now.
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(self.server.seen().text.ends_with(end));
        self.has_looked.store(true, SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn the_server_has_the_whole_mail_and_no_dot_when_the_gate_is_passed() {
    for offers in [&[][..], &["PIPELINING"][..]] {
        let server = ScriptedServer::start(Script::offering(offers));
        let gate = Watchful {
            server: &server,
            has_looked: AtomicBool::new(false),
        };

        mailer(plain(&server))
            .send(&mail("Ada", "Hello"), &gate)
            .await
            .unwrap();

        assert!(gate.has_looked.load(SeqCst));
        let seen = server.seen();
        assert!(seen.text.ends_with(b"--\r\n.\r\n"));
        assert_eq!(seen.mails.len(), 1);
    }
}

#[tokio::test]
async fn behind_a_closed_gate_the_server_never_sees_the_dot() {
    let server = ScriptedServer::start(Script::usual());
    let mailer = mailer(plain(&server));
    let closed = TestGate {
        is_closed: true,
        ..TestGate::default()
    };

    let outcome = mailer.send(&mail("Ada", "Hello"), &closed).await;

    assert_eq!(kind(&outcome), "held back");
    let seen = server.until(|seen| seen.open == 0).await;
    assert!(!seen.text.ends_with(b".\r\n"));
    assert_eq!(seen.mails.len(), 0);
    assert_eq!(kind(&send(&mailer).await.0), "taken");
}

#[tokio::test]
async fn a_server_that_hangs_up_during_the_mail_is_never_taken_for_one_that_took_it() {
    let server = ScriptedServer::start(Script::usual().always(Step::Text, Act::Close));

    let (outcome, passed) = send(&mailer(plain(&server))).await;

    // It may be heard of before the gate or only behind it.
    let meant = if passed == 0 { "transient" } else { "doubtful" };
    assert_eq!(kind(&outcome), meant, "{outcome:?}");
    assert_eq!(server.seen().mails.len(), 0);
}

#[tokio::test]
async fn a_server_that_speaks_out_of_turn_gets_no_dot() {
    let script = Script::usual().always(Step::Data, Act::say("354 go\r\n451 4.3.0 or not"));
    let server = ScriptedServer::start(script);

    let (outcome, passed) = send(&mailer(plain(&server))).await;

    assert_eq!((kind(&outcome), passed), ("transient", 0), "{outcome:?}");
    let said = outcome.unwrap_err().to_string();
    assert!(said.contains("body: 451 4.3.0 or not"), "{said}");
}

#[tokio::test]
async fn nonsense_after_the_dot_leaves_the_mail_in_doubt() {
    for said in ["hello", "354 go on", "150 hm", "250-never ended"] {
        let script = Script::usual().always(Step::Dot, Act::say(said));
        let server = ScriptedServer::start(script);
        let settings = SmtpServer {
            last_reply: SOON,
            ..plain(&server)
        };

        let (outcome, _) = send(&mailer(settings)).await;

        assert_eq!(kind(&outcome), "doubtful", "{said}: {outcome:?}");
    }
}

#[tokio::test]
async fn the_last_reply_is_waited_for_longer_than_any_other() {
    let server = ScriptedServer::start(Script::usual().always(Step::Dot, Act::Stall));
    let settings = SmtpServer {
        timeout: SOON,
        last_reply: 2 * SOON,
        ..plain(&server)
    };
    let began = std::time::Instant::now();

    let (outcome, _) = send(&mailer(settings)).await;

    assert!(2 * SOON <= began.elapsed());
    assert_eq!(kind(&outcome), "doubtful", "{outcome:?}");
}

#[test]
fn a_task_has_time_for_the_slowest_server() {
    let limit = CongratulateArtist::TIME_LIMIT.unwrap();

    assert!(SmtpMailer::BEFORE_THE_DOT + SmtpServer::LAST_REPLY < limit);
}

#[tokio::test]
async fn a_server_that_reads_no_further_is_left_in_time() {
    let server = ScriptedServer::start(Script::usual().always(Step::Text, Act::Stall));
    let settings = SmtpServer {
        timeout: SOON,
        ..plain(&server)
    };
    let mut large = mail("Ada", "Hello");
    large.text = "All work and no play makes Jack a dull boy.\r\n".repeat(100_000);
    let gate = TestGate::default();

    let outcome = mailer(settings).send(&large, &gate).await;

    assert!(
        matches!(outcome, Err(MailError::Transient { .. })),
        "{outcome:?}"
    );
    let said = outcome.unwrap_err().to_string();
    assert!(said.contains("body: no answer within"), "{said}");
    assert_eq!(*gate.passed.lock().unwrap(), 0);
}
