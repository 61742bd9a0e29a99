//! Which advice fits which trouble.

use super::*;

fn server(host: &str, port: u16, security: Security) -> MailTo {
    MailTo::Smtp(SmtpServer::new(host, port, security))
}

fn gmail() -> MailTo {
    server("smtp.gmail.com", 587, Security::StartTls)
}

fn other() -> MailTo {
    server("mail.example.org", 587, Security::StartTls)
}

fn implicit() -> MailTo {
    server("mail.example.org", 587, Security::Implicit)
}

/// Each row: where the mail goes, what stops it, and a part of the advice.
fn assert_told(table: &[(MailTo, &str, &str)]) {
    for (to, said, words) in table {
        let reason = (*said).to_owned();
        // What kind of error it is makes no difference.
        let told = advice(to, &MailError::Permanent { reason });

        assert!(told.contains(words), "{said}: {told}");
    }
}

#[test]
fn a_connection_that_is_not_made_has_its_advice() {
    assert_told(&[
        (
            other(),
            "name look-up: failed to look up address information",
            "mail.example.org is not known",
        ),
        (
            other(),
            "connection: Connection refused (os error 111)",
            "mail.example.org, port 587",
        ),
        (other(), "connection: no answer within 30 s", "firewall"),
        (
            other(),
            "greeting: no answer within 60 s",
            "EMAIL_USE_SSL=true instead",
        ),
        (other(), "greeting: 554 no service", "ask its operator"),
        (
            implicit(),
            "TLS handshake: received corrupt message of type InvalidContentType",
            "EMAIL_USE_TLS=true instead",
        ),
        (
            other(),
            "TLS handshake: invalid peer certificate: certificate not valid for name \"x\"",
            "another name than mail.example.org",
        ),
        (
            other(),
            "TLS handshake: invalid peer certificate: NotValidForName",
            "another name than mail.example.org",
        ),
        (
            other(),
            "TLS handshake: invalid peer certificate: Expired",
            "must renew",
        ),
        (
            other(),
            "TLS handshake: invalid peer certificate: UnknownIssuer",
            "SSL_CERT_FILE",
        ),
        (
            other(),
            "TLS handshake: received fatal alert: ProtocolVersion",
            "TLS 1.2",
        ),
        (
            other(),
            "STARTTLS: the server does not offer encryption, or somebody on the way hides it",
            "EMAIL_USE_SSL=true",
        ),
    ]);
}

#[test]
fn a_login_that_fails_has_its_advice() {
    assert_told(&[
        (
            gmail(),
            "AUTH: 535 5.7.8 Username and Password not accepted",
            "app password",
        ),
        (
            gmail(),
            "AUTH: 534 5.7.9 Application-specific password required",
            "2-step verification",
        ),
        (
            other(),
            "AUTH: 535 5.7.8 authentication failed",
            "EMAIL_HOST_PASSWORD",
        ),
        (
            other(),
            "AUTH: 538 5.7.11 encryption needed",
            "EMAIL_USE_TLS=true",
        ),
        (
            other(),
            "AUTH: 454 4.7.0 Too many login attempts",
            "quarter of an hour",
        ),
        (
            other(),
            "AUTH: the password is not sent without encryption to another machine",
            "smtp+tls://",
        ),
        (other(), "AUTH: the server offers no login", "PLAIN, LOGIN"),
    ]);
}

#[test]
fn a_mail_that_is_refused_has_its_advice() {
    assert_told(&[
        (
            other(),
            "MAIL: 530 5.7.0 Authentication Required",
            "EMAIL_HOST_USER",
        ),
        (
            other(),
            "MAIL: 553 5.7.1 Sender address rejected",
            "DEFAULT_FROM_EMAIL",
        ),
        (
            other(),
            "RCPT: 550 5.1.1 no such user",
            "Is the address right?",
        ),
        (
            other(),
            "RCPT: 554 5.7.1 Relay access denied",
            "carries mail to other domains only",
        ),
        (other(), "RCPT: 450 4.2.0 greylisted", "again by itself"),
        (
            gmail(),
            "DATA: 550 5.4.5 Daily user sending limit exceeded",
            "500 recipients",
        ),
        (
            gmail(),
            "RCPT: 452 4.5.3 daily limit reached",
            "500 recipients",
        ),
        (gmail(), "MAIL: 421 4.7.28 unusual rate", "quota"),
        (
            other(),
            "RCPT: 452 4.5.3 too many recipients",
            "again by itself",
        ),
        (
            other(),
            "final dot: 550 5.7.26 unauthenticated mail",
            "SPF and DKIM",
        ),
        (other(), "final dot: 451 4.3.0 later", "again by itself"),
        (
            other(),
            "final dot: no answer within 600 s",
            "It may arrive",
        ),
        (
            other(),
            "body: the server closed the connection",
            "EMAIL_TIMEOUT",
        ),
        (other(), "something else", "what it said stands above"),
    ]);
}

#[test]
fn what_never_leaves_this_machine_is_explained_too() {
    let full = MailError::Provider {
        reason: "the folder for mails: no space left on device".to_owned(),
        pause_for: std::time::Duration::from_mins(1),
    };

    assert!(advice(&MailTo::Files("/srv/mail".into()), &full).contains("/srv/mail"));
    assert!(advice(&MailTo::Console, &full).contains("Standard output"));
    let come_back_after = std::time::Duration::from_secs(1);
    let busy = MailError::Busy { come_back_after };
    assert!(advice(&other(), &busy).contains("Try again"));
}
