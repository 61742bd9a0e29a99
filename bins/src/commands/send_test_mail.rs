//! Sends one real mail, shows how, and says what is wrong when it does not go.

mod explain;

use std::sync::Arc;

use adapters::clock::SystemClock;
use adapters::mail::Speaker;
use async_trait::async_trait;
use domain::model::{EmailAddress, HeaderText, Mail, MailKey, MailKind, Recipient};
use domain::ports::{Gate, GateClosed};
use uuid::Uuid;

use self::explain::advice;
use crate::output::tell;
use crate::program::Failure;
use crate::settings::{MailTo, Settings};
use crate::wiring::{mail_place, overheard_mailer};

/// Sends a test mail to `address` the way every mail goes.
///
/// # Errors
///
/// When the address is none or the mail does not go; what to do was told by then.
pub async fn send_test_mail(settings: Settings, address: String) -> Result<(), Failure> {
    let address = EmailAddress::try_from(address);
    let address = address.map_err(|why| format!("the address {why}"))?;
    let to = &settings.mail.to;
    tell(&format!("To    {address}"));
    tell(&format!("From  {}", settings.mail.from));
    tell(&format!("Way   {}\n", mail_place(to)));
    let mailer = overheard_mailer(&settings.mail, Arc::new(SystemClock), show)?;
    let sent = mailer.send(&test_mail(address), &OpenGate).await;
    tell("");
    match sent {
        Ok(()) => {
            tell(match to {
                MailTo::Smtp(_) => {
                    "It worked: the server took the mail. If it does not arrive, look into the spam, \
                     and into the mailbox of the sender, where refusals come back."
                }
                MailTo::Files(_) => {
                    "It worked: the mail lies there as a file. Nothing was sent; EMAIL_HOST names a mail server."
                }
                MailTo::Console => {
                    "It worked: the mail is printed above. Nothing was sent; EMAIL_HOST names a mail server."
                }
            });
            Ok(())
        }
        Err(error) => {
            tell(&format!("It did not work: {error}."));
            tell(&format!("What to do: {}", advice(to, &error)));
            Err("the test mail was not sent".into())
        }
    }
}

/// One line of the conversation with a mail server.
fn show(speaker: Speaker, line: &str) {
    let who = match speaker {
        Speaker::Client => "we ",
        Speaker::Server => "  they",
        Speaker::Nobody => " -",
    };
    tell(&format!("  {who} {line}"));
}

/// No mail log stands behind it: whoever asks twice means two mails.
struct OpenGate;

#[async_trait]
impl Gate for OpenGate {
    async fn pass(&self) -> Result<(), GateClosed> {
        Ok(())
    }
}

fn test_mail(address: EmailAddress) -> Mail {
    let text = "This is a test mail from Backbeat. If you read it, mail goes.";
    Mail {
        key: MailKey {
            kind: MailKind::Test,
            cause: Uuid::now_v7(),
        },
        to: Recipient {
            name: HeaderText::without_controls(address.local_part()),
            address,
        },
        subject: HeaderText::without_controls("A test mail from Backbeat"),
        text: format!("{text}\n"),
        html: format!("<!doctype html><html lang=\"en\"><body><p>{text}</p></body></html>\n"),
        headers: Vec::new(),
    }
}
