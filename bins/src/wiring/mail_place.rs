//! Where mails go, in words.

use adapters::mail::{Security, SmtpServer};

/// How mails travel through `server`: never with the password, and of an address that logs
/// in only the part that tells people which it is.
pub(super) fn through(server: &SmtpServer) -> String {
    let SmtpServer {
        host,
        port,
        security,
        credentials,
        ..
    } = server;
    let how = match security {
        Security::StartTls => "with STARTTLS",
        Security::Implicit => "with TLS from the first byte",
        Security::Plain { .. } => "unencrypted",
    };
    let who = credentials
        .as_ref()
        .map(|it| match it.user.split_once('@') {
            Some((name, _)) => format!(" as {name}@…"),
            None => format!(" as {}", it.user),
        });
    let host = match host.contains(':') {
        true => format!("[{host}]"),
        false => host.clone(),
    };
    format!("through {host}:{port} {how}{}", who.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use adapters::mail::{Credentials, Secret};

    use super::*;

    #[test]
    fn the_words_say_which_server_and_keep_the_password_to_themselves() {
        let mut server = SmtpServer::new("smtp.gmail.com", 587, Security::StartTls);
        assert_eq!(through(&server), "through smtp.gmail.com:587 with STARTTLS");
        for (user, shown) in [("ada@gmail.com", "ada@…"), ("apikey", "apikey")] {
            server.credentials = Some(Credentials {
                user: user.to_owned(),
                password: Secret::new("hunter2"),
            });
            let words = format!("through smtp.gmail.com:587 with STARTTLS as {shown}");
            assert_eq!(through(&server), words);
        }
        server = SmtpServer::new("::1", 465, Security::Implicit);
        assert_eq!(
            through(&server),
            "through [::1]:465 with TLS from the first byte"
        );
    }
}
