//! What a person can do about a mail that does not go, in plain words.

use adapters::mail::{Security, SmtpServer};
use domain::ports::MailError;

use crate::settings::MailTo;

/// What to do about `error`, met on the way to `to`.
pub(super) fn advice(to: &MailTo, error: &MailError) -> String {
    match (to, error) {
        (_, MailError::Busy { .. } | MailError::HeldBack(_)) => "Try again in a moment.".to_owned(),
        (
            MailTo::Smtp(server),
            MailError::Transient { reason }
            | MailError::Permanent { reason }
            | MailError::Provider { reason, .. }
            | MailError::Doubtful { reason },
        ) => at_server(server, reason),
        (MailTo::Files(folder), _) => format!(
            "{} must be a directory that this user may write to, on a disk with room.",
            folder.display()
        ),
        (MailTo::Console, _) => "Standard output must be open.".to_owned(),
    }
}

/// The `reason` begins with the stage of the conversation: `AUTH: 535 5.7.8 no`.
fn at_server(server: &SmtpServer, reason: &str) -> String {
    let SmtpServer { host, port, .. } = server;
    let (stage, said) = reason.split_once(": ").unwrap_or(("", reason));
    let code = Code::of(said);
    let is_silent = said.starts_with("no answer within") || said.contains("closed the connection");
    let words = match stage {
        _ if code.is_quota() => QUOTA,
        _ if code.number == 530 => LOGIN_WANTED,
        "name look-up" => {
            return format!(
                "The name {host} is not known here. Is it spelt as the provider says (Gmail: smtp.gmail.com), \
             and does this machine reach a name server?"
            );
        }
        "connection" => {
            return format!(
                "Nobody answers at {host}, port {port}. The usual ports are 587 (EMAIL_USE_TLS=true, smtp+tls://), \
             465 (EMAIL_USE_SSL=true, smtp+ssl://) and 25 for a relay; or a firewall is in the way, as many \
             networks let nobody out through 25."
            );
        }
        "greeting" | "EHLO" if is_silent && server.security != Security::Implicit => SILENT,
        "greeting" | "EHLO" => {
            "The server does not want to talk now. Try again later; if it stays so, ask its operator."
        }
        "STARTTLS" => NO_STARTTLS,
        "TLS handshake" => return handshake(server, said),
        "AUTH" => return login(host, said, &code),
        "MAIL" => SENDER,
        "RCPT" if said.to_lowercase().contains("relay") => RELAY,
        "RCPT" if code.is_for_now() => LATER,
        "RCPT" => "The server does not know the recipient. Is the address right?",
        "final dot" if is_silent => DOUBTFUL,
        _ if is_silent => {
            "The server is too slow or the line is bad. Try again later; EMAIL_TIMEOUT gives it more time."
        }
        _ if code.is_for_now() => LATER,
        "DATA" | "body" | "final dot" => CONTENT,
        _ => "Ask the operator of the server; what it said stands above.",
    };
    words.to_owned()
}

const QUOTA: &str = "The provider's quota is used up: Gmail lets an account write to 500 recipients within 24 hours, \
                     a Workspace account to 2,000. Mails wait until it frees; nothing needs to be done.";
const LOGIN_WANTED: &str = "The server wants somebody to log in, and perhaps encryption: set EMAIL_HOST_USER and \
                            EMAIL_HOST_PASSWORD, and EMAIL_USE_TLS=true (or put user:password@ into EMAIL_URL).";
const SILENT: &str = "The server takes the connection and says nothing, as one does that wants TLS from the first byte: \
                      set EMAIL_USE_SSL=true instead of EMAIL_USE_TLS (smtp+ssl:// instead of smtp+tls://), usually on port 465.";
const NO_STARTTLS: &str = "The server offers no encryption here, or somebody on the way hides it, and without it nothing is sent. \
                           Port 465 with EMAIL_USE_SSL=true (smtp+ssl://) may be offered; a relay in your own network can go \
                           without (smtp://, no EMAIL_USE_TLS).";
const SENDER: &str = "The server does not let this account write from this address: set DEFAULT_FROM_EMAIL to one that belongs \
                      to the account, or add it there as an alias.";
const RELAY: &str = "The server carries mail to other domains only for those it knows: set EMAIL_HOST_USER and \
                     EMAIL_HOST_PASSWORD, or let its operator allow this machine.";
const LATER: &str = "The server puts the mail off, which is usual for greylisting and full mailboxes. Backbeat tries such mails \
                     again by itself.";
const DOUBTFUL: &str =
    "The server had the whole mail and did not say what became of it. It may arrive.";
const CONTENT: &str = "The server read the mail and refuses it. Often it does not trust the sender: its domain needs SPF and DKIM \
                       records that name this server, and DEFAULT_FROM_EMAIL an address in that domain.";

fn handshake(server: &SmtpServer, said: &str) -> String {
    let host = &server.host;
    let said = said.to_lowercase();
    if said.contains("not valid for") || said.contains("notvalidforname") {
        return format!(
            "The server's certificate is for another name than {host}. Use the name that the provider gives, \
             not an alias or an IP address."
        );
    }
    if said.contains("expired") || said.contains("not valid yet") || said.contains("notvalidyet") {
        return "The server's certificate is not valid now: its operator must renew it, unless this machine's clock is wrong."
            .to_owned();
    }
    if said.contains("unknownissuer") || said.contains("unknown issuer") {
        return "Nobody this machine trusts has signed the server's certificate. For an authority of your own, put its \
                certificate into a file and name the file in the environment as SSL_CERT_FILE; ca-certificates has the \
                public ones."
            .to_owned();
    }
    if said.contains("believes no certificate") {
        return "Install the package ca-certificates.".to_owned();
    }
    match server.security {
        Security::Implicit => "The server does not speak TLS from the first byte here: set EMAIL_USE_TLS=true instead of \
                               EMAIL_USE_SSL (smtp+tls:// instead of smtp+ssl://), usually on port 587."
            .to_owned(),
        Security::StartTls | Security::Plain { .. } => {
            "The server and this program find no common way to encrypt; it must offer TLS 1.2 or newer.".to_owned()
        }
    }
}

fn login(host: &str, said: &str, code: &Code<'_>) -> String {
    let is_google = ["gmail.com", "googlemail.com", "google.com"]
        .iter()
        .any(|domain| host.ends_with(domain));
    let words = match code.number {
        534 | 535 if is_google => {
            "Google takes no account passwords here, only app passwords: switch on 2-step verification, make an app password \
             at myaccount.google.com/apppasswords, and set EMAIL_HOST_PASSWORD to it (its blanks may stay). EMAIL_HOST_USER \
             is the whole address. A changed account password ends all app passwords."
        }
        534 | 535 => {
            "The server does not accept this user and password. Check EMAIL_HOST_USER (often the whole address) and \
             EMAIL_HOST_PASSWORD; some providers want a password made for programs. In EMAIL_URL, write @ as %40 and % as %25."
        }
        538 => "The server wants encryption before a login: set EMAIL_USE_TLS=true (smtp+tls://).",
        400..=499 => {
            "The server wants no logins now, perhaps after too many. Wait a quarter of an hour."
        }
        _ if said.contains("without encryption") => {
            "No password is sent unencrypted: set EMAIL_USE_TLS=true or EMAIL_USE_SSL=true (smtp+tls://, smtp+ssl://)."
        }
        _ => {
            "The server offers no login that this program knows (PLAIN, LOGIN). If it wants none, remove EMAIL_HOST_USER and \
             EMAIL_HOST_PASSWORD; else ask its operator."
        }
    };
    words.to_owned()
}

/// The code at the beginning of what a server said, and the enhanced one behind it.
struct Code<'a> {
    number: u16,
    enhanced: &'a str,
    said: &'a str,
}

impl<'a> Code<'a> {
    fn of(said: &'a str) -> Self {
        let mut words = said.split_whitespace();
        let number = words.next().and_then(|word| word.parse().ok());
        Self {
            number: number.unwrap_or_default(),
            enhanced: words.next().unwrap_or_default(),
            said,
        }
    }

    fn is_for_now(&self) -> bool {
        (400..=499).contains(&self.number)
    }

    fn is_quota(&self) -> bool {
        let speaks_of_limit = || {
            let said = self.said.to_lowercase();
            ["daily", "quota", "limit"]
                .iter()
                .any(|word| said.contains(word))
        };
        matches!(
            (self.number, self.enhanced),
            (550, "5.4.5") | (421, "4.7.28")
        ) || (self.number, self.enhanced) == (452, "4.5.3") && speaks_of_limit()
    }
}

#[cfg(test)]
mod tests;
