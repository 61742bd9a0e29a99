//! Where mail goes: a URL, or Django's settings, but never a mixture and never carelessly.

use std::time::Duration;

use adapters::mail::{Security, SmtpServer};
use bins::settings::{MailSettings, MailTo, Settings, Sources};
use domain::use_cases::OnDoubt;

use super::{complaints, defaults, from_environment};

const GMAIL: [(&str, &str); 3] = [
    ("EMAIL_HOST", "smtp.gmail.com"),
    ("EMAIL_HOST_USER", "ada@gmail.com"),
    ("EMAIL_HOST_PASSWORD", "abcd efgh ijkl mnop"),
];

fn mail(pairs: &[(&str, &str)]) -> MailSettings {
    from_environment(pairs).expect("valid").mail
}

fn server(pairs: &[(&str, &str)]) -> SmtpServer {
    match mail(pairs).to {
        MailTo::Smtp(server) => server,
        other => panic!("a server, and not {other:?}"),
    }
}

fn with<'a>(pairs: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [pairs, more].concat()
}

#[test]
fn gmail_is_what_django_projects_write() {
    let lines = "EMAIL_HOST=smtp.gmail.com\nEMAIL_PORT=587\nEMAIL_USE_TLS=True\n\
                 EMAIL_HOST_USER=ada@gmail.com\nEMAIL_HOST_PASSWORD=abcd efgh ijkl mnop\n\
                 EMAIL_TIMEOUT=5\nMAIL_CONCURRENCY=2\n";
    let settings = Settings::from_sources(&Sources::default().with_dotenv(lines)).expect("valid");

    let MailTo::Smtp(server) = settings.mail.to else {
        panic!("a server")
    };
    assert_eq!((server.host.as_str(), server.port), ("smtp.gmail.com", 587));
    assert_eq!(server.security, Security::StartTls);
    assert_eq!(server.timeout, Duration::from_secs(5));
    assert_eq!(server.connections, 2);
    let credentials = server.credentials.expect("ada logs in");
    assert_eq!(credentials.user, "ada@gmail.com");
    assert_eq!(credentials.password.reveal(), "abcd efgh ijkl mnop");
    // Who logs in writes the mails, unless somebody else is named.
    assert_eq!(settings.mail.from.to_string(), "Backbeat <ada@gmail.com>");
}

#[test]
fn the_url_says_the_same_in_one_line() {
    let url = "smtp+tls://ada@gmail.com:abcd efgh ijkl mnop@smtp.gmail.com:587";

    let said_so = mail(&[("EMAIL_URL", url)]);

    assert_eq!(
        said_so,
        mail(&with(&GMAIL, &[("EMAIL_USE_TLS", "yes")])),
        "587 is where STARTTLS is spoken"
    );
}

#[test]
fn ports_follow_the_encryption() {
    let sender = ("DEFAULT_FROM_EMAIL", "a@b.c");
    let host = ("EMAIL_HOST", "mail.example.org");
    let plain = Security::Plain {
        may_show_password: false,
    };
    for (more, port, security) in [
        (("EMAIL_USE_TLS", "1"), 587, Security::StartTls),
        (("EMAIL_USE_SSL", "true"), 465, Security::Implicit),
        (("EMAIL_USE_SSL", "off"), 25, plain),
        (("EMAIL_PORT", "2525"), 2525, plain),
    ] {
        let expected = SmtpServer::new("mail.example.org", port, security);
        assert_eq!(server(&[host, sender, more]), expected, "{more:?}");
    }
}

#[test]
fn a_backend_of_django_says_where_mail_goes() {
    let console = "django.core.mail.backends.console.EmailBackend";
    assert_eq!(
        mail(&with(&GMAIL, &[("EMAIL_BACKEND", console)])).to,
        MailTo::Console
    );
    let files = "django.core.mail.backends.filebased.EmailBackend";
    assert_eq!(mail(&[("EMAIL_BACKEND", files)]), defaults().mail);
    let smtp = "django.core.mail.backends.smtp.EmailBackend";
    let here = server(&[("EMAIL_BACKEND", smtp), ("DEFAULT_FROM_EMAIL", "a@b.c")]);
    assert_eq!((here.host.as_str(), here.port), ("localhost", 25));
    assert_eq!(
        complaints(&[("EMAIL_BACKEND", "anymail.backends.mailgun.EmailBackend")]),
        ["EMAIL_BACKEND (environment): is not one of smtp, console, file, filebased"]
    );
}

#[test]
fn two_places_are_one_too_many() {
    let complaints = complaints(&with(
        &GMAIL,
        &[("EMAIL_URL", "filemail://var/mail"), ("EMAIL_USE_TLS", "1")],
    ));

    let names: Vec<_> = complaints
        .iter()
        .map(|it| it.split(' ').next().expect("a name"))
        .collect();
    assert_eq!(
        names,
        [
            "EMAIL_HOST",
            "EMAIL_HOST_USER",
            "EMAIL_HOST_PASSWORD",
            "EMAIL_USE_TLS"
        ]
    );
    assert!(
        complaints
            .iter()
            .all(|it| it.ends_with("remove this, or remove EMAIL_URL")),
        "{complaints:?}"
    );
}

#[test]
fn what_cannot_go_together_is_said() {
    for (pairs, said) in [
        (
            with(&GMAIL, &[("EMAIL_USE_TLS", "1"), ("EMAIL_USE_SSL", "1")]),
            "EMAIL_USE_SSL (environment): EMAIL_USE_TLS/EMAIL_USE_SSL are mutually exclusive",
        ),
        (
            vec![("EMAIL_HOST_USER", "ada@gmail.com")],
            "EMAIL_HOST_USER (environment): belongs to EMAIL_HOST",
        ),
        (
            with(&GMAIL[..2], &[("EMAIL_USE_TLS", "1")]),
            "EMAIL_HOST_USER (environment): is set without EMAIL_HOST_PASSWORD",
        ),
        (
            vec![
                GMAIL[0],
                GMAIL[2],
                ("EMAIL_USE_TLS", "1"),
                ("DEFAULT_FROM_EMAIL", "a@b.c"),
            ],
            "EMAIL_HOST_PASSWORD (environment): is set without EMAIL_HOST_USER",
        ),
        (
            with(&GMAIL, &[("EMAIL_USE_TLS", "enable")]),
            "EMAIL_USE_TLS (environment): \"enable\" is not a boolean",
        ),
        (
            vec![("EMAIL_HOST", "smtp://u:hunter2@h")],
            "EMAIL_HOST (environment): is not the name of a server",
        ),
    ] {
        let complaints = complaints(&pairs);

        assert!(complaints[0].starts_with(said), "{complaints:?}");
        for secret in ["hunter2", "abcd efgh", "ada@gmail.com"] {
            assert!(!complaints.concat().contains(secret), "{complaints:?}");
        }
    }
}

#[test]
fn a_password_is_not_sent_in_clear_but_to_this_machine_or_when_it_is_allowed() {
    let careless = [
        (
            &GMAIL[..],
            "EMAIL_HOST_PASSWORD (environment): would be sent unencrypted",
        ),
        (
            &[("EMAIL_URL", "smtp://ada@b.c:hunter2@mail.example.org")],
            "EMAIL_URL (environment): would send the password unencrypted",
        ),
    ];
    for (pairs, said) in careless {
        let complaints = complaints(pairs);
        assert!(complaints[0].starts_with(said), "{complaints:?}");
        assert_eq!(complaints.len(), 1, "{complaints:?}");
    }
    for careful in [
        "smtp://ada@b.c:hunter2@127.0.0.1:1025",
        "smtp://ada@b.c:hunter2@localhost",
        "smtp://ada@b.c:hunter2@mail.internal?allow_plaintext_auth=1",
        "smtp+tls://ada@b.c:hunter2@mail.example.org",
    ] {
        assert!(server(&[("EMAIL_URL", careful)]).credentials.is_some());
    }
}

#[test]
fn a_server_gets_a_sender_that_it_can_know() {
    let from = |pairs: &[(&str, &str)]| mail(pairs).from.to_string();
    let relay = ("EMAIL_URL", "smtp://127.0.0.1:25");
    let apikey = ("EMAIL_URL", "smtp+tls://apikey:hunter2@mail.example.org");
    assert_eq!(
        from(&[apikey, ("DEFAULT_FROM_EMAIL", "Music <music@example.org>")]),
        "Music <music@example.org>"
    );
    assert_eq!(
        from(&[relay, ("DEFAULT_FROM_EMAIL", "backbeat@localhost")]),
        "backbeat@localhost"
    );
    for pairs in [
        vec![apikey],
        vec![relay],
        vec![
            apikey,
            ("DEFAULT_FROM_EMAIL", "Backbeat <backbeat@localhost>"),
        ],
    ] {
        let complaints = complaints(&pairs);

        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(
            complaints[0].starts_with("DEFAULT_FROM_EMAIL (")
                && complaints[0].contains("DEFAULT_FROM_EMAIL=Backbeat <backbeat@example.org>"),
            "{complaints:?}"
        );
    }
}

#[test]
fn what_becomes_of_a_doubtful_mail_is_said_for_each_kind() {
    let of = |pairs: &[(&str, &str)]| {
        let mail = mail(pairs);
        (mail.on_doubt, mail.on_doubt_reminder)
    };
    let (all, reminders) = ("MAIL_ON_DOUBT", "MAIL_ON_DOUBT_REMINDER");

    assert_eq!(of(&[]), (OnDoubt::Resend, OnDoubt::Resend));
    assert_eq!(of(&[(all, "park")]), (OnDoubt::Park, OnDoubt::Park));
    assert_eq!(of(&[(reminders, "park")]), (OnDoubt::Resend, OnDoubt::Park));
    assert_eq!(
        of(&[(all, "park"), (reminders, "resend")]),
        (OnDoubt::Park, OnDoubt::Resend)
    );
}

#[test]
fn no_setting_shows_a_password() {
    let settings = from_environment(&with(&GMAIL, &[("EMAIL_USE_TLS", "1")])).expect("valid");

    let shown = format!("{settings:?}");

    assert!(shown.contains("smtp.gmail.com"), "{shown}");
    assert!(!shown.contains("abcd efgh"), "{shown}");
}
