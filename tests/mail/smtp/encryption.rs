//! Encrypted, to the right server, or not at all.

use adapters::mail::{Security, SmtpMailer, SmtpServer, Trust};
use domain::ports::MailError;
use tests::scripted_smtp::{Act, Authority, Script, ScriptedServer, Step, Validity};

use super::super::world::{composer, plain, start};
use super::{credentials, kind, send};

const HOST: &str = "127.0.0.1";

/// Sends a mail with a login to `server`, believing `trusted` alone.
async fn sent(
    server: &ScriptedServer,
    security: Security,
    trusted: &Authority,
) -> Result<(), MailError> {
    let settings = SmtpServer {
        security,
        credentials: Some(credentials()),
        ..plain(server)
    };
    let trust = Trust::only(trusted.pem().as_bytes()).unwrap();
    let mailer = SmtpMailer::new(settings, trust, composer(&start().0));
    let (outcome, _) = send(&mailer).await;
    outcome
}

/// The mail was not sent, nobody logged in, and `words` say why.
fn nothing_was_said(server: &ScriptedServer, outcome: &Result<(), MailError>, words: &str) {
    assert_eq!(kind(outcome), "provider", "{outcome:?}");
    let said = outcome.as_ref().unwrap_err().to_string();
    assert!(said.contains(words), "{said}");
    let seen = server.seen();
    assert!(
        seen.commands
            .iter()
            .all(|line| line.starts_with("EHLO") || line == "STARTTLS"),
        "{:?}",
        seen.commands
    );
    assert_eq!((seen.logins, seen.mails.len()), (0, 0));
}

fn script() -> Script {
    Script::usual().with_login("PLAIN")
}

#[tokio::test]
async fn a_mail_goes_encrypted_from_the_first_byte_or_from_starttls_on() {
    let authority = Authority::new();
    let tls = authority.server(HOST, Validity::Valid);
    for (security, script) in [
        (Security::StartTls, script().with_starttls(tls.clone())),
        (Security::Implicit, script().encrypted_at_once(tls)),
    ] {
        let server = ScriptedServer::start(script);

        let outcome = sent(&server, security, &authority).await;

        assert_eq!(kind(&outcome), "taken", "{security:?}: {outcome:?}");
        let seen = server.seen();
        assert_eq!((seen.logins, seen.mails.len()), (1, 1));
        let hellos = seen.commands.iter().filter(|it| it.starts_with("EHLO"));
        let asked_again = usize::from(security == Security::StartTls);
        assert_eq!(
            hellos.count(),
            1 + asked_again,
            "offers in clear are forgotten"
        );
    }
}

#[tokio::test]
async fn a_server_that_hides_starttls_hears_no_password() {
    let server = ScriptedServer::start(script());

    let outcome = sent(&server, Security::StartTls, &Authority::new()).await;

    nothing_was_said(&server, &outcome, "STARTTLS: the server does not offer");
}

#[tokio::test]
async fn words_put_into_the_servers_mouth_before_encryption_are_refused() {
    let authority = Authority::new();
    let tls = authority.server(HOST, Validity::Valid);
    let injected = Act::say("220 go ahead\r\n250-mail.example\r\n250 AUTH PLAIN");
    let script = script().with_starttls(tls).always(Step::StartTls, injected);
    let server = ScriptedServer::start(script);

    let outcome = sent(&server, Security::StartTls, &authority).await;

    nothing_was_said(&server, &outcome, "STARTTLS: somebody on the way");
}

#[tokio::test]
async fn a_certificate_is_checked_in_every_way() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for (tls, why) in [
        (
            authority.server("mail.example", Validity::Valid),
            "valid for name",
        ),
        (authority.server(HOST, Validity::Expired), "expired"),
        (
            stranger.server(HOST, Validity::Valid),
            "invalid peer certificate",
        ),
    ] {
        for (security, script) in [
            (Security::StartTls, script().with_starttls(tls.clone())),
            (Security::Implicit, script().encrypted_at_once(tls)),
        ] {
            let server = ScriptedServer::start(script);

            let outcome = sent(&server, security, &authority).await;

            nothing_was_said(&server, &outcome, "TLS handshake: ");
            nothing_was_said(&server, &outcome, why);
        }
    }
}

#[tokio::test]
async fn what_this_machine_believes_is_not_what_a_stranger_signs() {
    let tls = Authority::new().server(HOST, Validity::Valid);
    let server = ScriptedServer::start(script().with_starttls(tls));
    let settings = SmtpServer {
        security: Security::StartTls,
        ..plain(&server)
    };

    let (outcome, _) = send(&super::mailer(settings)).await;

    nothing_was_said(&server, &outcome, "TLS handshake: ");
}

#[tokio::test]
async fn encryption_that_the_server_does_not_speak_is_the_providers_trouble() {
    let server = ScriptedServer::start(script());

    let outcome = sent(&server, Security::Implicit, &Authority::new()).await;

    assert_eq!(kind(&outcome), "provider", "{outcome:?}");
    let said = outcome.unwrap_err().to_string();
    assert!(said.contains("TLS handshake: "), "{said}");
}
