//! What URLs of mail servers mean, and which mean nothing.

use super::*;

fn read(url: &str) -> Result<SmtpServer, SmtpUrlError> {
    let (scheme, rest) = url.split_once(':').expect("a scheme");
    parse(scheme, rest)
}

const PLAIN: Security = Security::Plain {
    may_show_password: false,
};

#[test]
fn the_scheme_and_the_port_say_how_to_speak() {
    for (url, host, port, security) in [
        ("smtp://h", "h", 25, PLAIN),
        ("smtp://h:2525", "h", 2525, PLAIN),
        ("smtp+tls://h", "h", 587, Security::StartTls),
        ("smtp+tls://h:25", "h", 25, Security::StartTls),
        ("smtp+ssl://h", "h", 465, Security::Implicit),
        ("submission://h", "h", 587, Security::StartTls),
        ("smtps://h", "h", 465, Security::Implicit),
        ("smtps://h:465", "h", 465, Security::Implicit),
        ("smtps://h:587", "h", 587, Security::StartTls),
        ("smtps://h:25", "h", 25, Security::StartTls),
        ("smtps://h:2465", "h", 2465, Security::Implicit),
        ("smtp://h?email_use_tls=1", "h", 587, Security::StartTls),
        ("smtp://h/?EMAIL_USE_SSL=True", "h", 465, Security::Implicit),
        ("smtp://127.0.0.1:1025/", "127.0.0.1", 1025, PLAIN),
        ("smtp://[::1]:1025", "::1", 1025, PLAIN),
        ("smtp://[::1]", "::1", 25, PLAIN),
    ] {
        let expected = SmtpServer::new(host, port, security);
        assert_eq!(read(url), Ok(expected), "{url}");
    }
}

#[test]
fn user_and_password_are_what_was_meant() {
    for (login, user, password) in [
        ("u:p", "u", "p"),
        ("u@d.com:pw", "u@d.com", "pw"),
        ("u%40d.com:p%40ss", "u@d.com", "p@ss"),
        ("u:a:b", "u", "a:b"),
        ("u:p#x/y?z", "u", "p#x/y?z"),
        (
            "ada@gmail.com:abcd efgh ijkl mnop",
            "ada@gmail.com",
            "abcd efgh ijkl mnop",
        ),
        (
            "ada@gmail.com:abcd%20efgh%20ijkl%20mnop",
            "ada@gmail.com",
            "abcd efgh ijkl mnop",
        ),
        ("u:100%", "u", "100%"),
    ] {
        let server = read(&format!("smtp+tls://{login}@smtp.gmail.com:587")).expect(login);

        let credentials = server.credentials.expect("somebody logs in");
        assert_eq!(credentials.user, user);
        assert_eq!(credentials.password.reveal(), password);
        assert_eq!((server.host.as_str(), server.port), ("smtp.gmail.com", 587));
    }
}

#[test]
fn parameters_say_the_rest() {
    let quick = read("smtp://h?timeout=5").expect("a duration");
    assert_eq!(quick.timeout, Duration::from_secs(5));
    let allowed = read("smtp://u:p@h?allow_plaintext_auth=1").expect("allowed");
    let may_show_password = true;
    assert_eq!(allowed.security, Security::Plain { may_show_password });
}

#[test]
fn what_names_no_server_is_refused() {
    for (url, error) in [
        ("smtp:h", SmtpUrlError::Host),
        ("smtp://", SmtpUrlError::Host),
        ("smtp://u:p@", SmtpUrlError::Host),
        ("smtp://:25", SmtpUrlError::Host),
        ("smtp://h h", SmtpUrlError::Host),
        ("smtp://exämple.com", SmtpUrlError::Host),
        ("smtp://[::1", SmtpUrlError::Host),
        ("smtp://[::1]x", SmtpUrlError::Port),
        ("smtp://h:0", SmtpUrlError::Port),
        ("smtp://h:65536", SmtpUrlError::Port),
        ("smtp://h:mail", SmtpUrlError::Port),
        ("smtp://h/path", SmtpUrlError::Path),
        ("smtp://h#x", SmtpUrlError::Path),
        ("smtp://u@h", SmtpUrlError::Credentials),
        ("smtp://:p@h", SmtpUrlError::Credentials),
        ("smtp://u:@h", SmtpUrlError::Credentials),
        ("smtp://u:%FF@h", SmtpUrlError::Undecodable),
        ("smtp://u:a%0Ab@h", SmtpUrlError::Undecodable),
        ("smtp://h?timeout=0", SmtpUrlError::Parameters),
        ("smtp://h?timeout", SmtpUrlError::Parameters),
        ("smtp://h?coffee=1", SmtpUrlError::Parameters),
        (
            "smtp://h?email_use_tls=1&email_use_ssl=1",
            SmtpUrlError::MutuallyExclusive,
        ),
        (
            "smtp+tls://h?email_use_ssl=1",
            SmtpUrlError::MutuallyExclusive,
        ),
        (
            "smtp+ssl://h?email_use_tls=1",
            SmtpUrlError::MutuallyExclusive,
        ),
    ] {
        assert_eq!(read(url), Err(error), "{url}");
    }
}
