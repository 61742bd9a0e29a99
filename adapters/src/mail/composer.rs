//! Turns a mail into the bytes that travel (RFC 5322, MIME).

use std::sync::Arc;

use domain::model::Mail;
use domain::ports::{Clock, MailError};
use lettre::address::AddressError;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

/// Headers that keep other machines from answering ours: RFC 3834, and what Exchange reads.
const AUTOMATIC: [(&str, &str); 2] = [
    ("Auto-Submitted", "auto-generated"),
    ("X-Auto-Response-Suppress", "All"),
];

/// Composes mails from one sender.
#[derive(Clone)]
pub struct Composer {
    sender: Mailbox,
    clock: Arc<dyn Clock>,
}

/// The sender's address is none.
#[derive(Debug, thiserror::Error)]
#[error("the sender's address is not like backbeat@example.com")]
pub struct SenderError(#[from] AddressError);

impl Composer {
    /// Composes mails from `address`, shown as `name`, dated by `clock`.
    ///
    /// # Errors
    ///
    /// When `address` is no address.
    pub fn new(
        name: Option<String>,
        address: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SenderError> {
        let sender = Mailbox::new(name, in_ascii(&address.parse()?)?);
        Ok(Self { sender, clock })
    }

    /// The address that mails come from.
    pub(super) fn sender(&self) -> &Address {
        &self.sender.email
    }

    /// The address that `mail` goes to.
    ///
    /// # Errors
    ///
    /// [`MailError::Permanent`] when it cannot be written down.
    pub(super) fn recipient(mail: &Mail) -> Result<Address, MailError> {
        let (local_part, domain) = (mail.to.address.local_part(), mail.to.address.domain());
        Address::new(local_part, domain)
            .and_then(|address| in_ascii(&address))
            .map_err(|e| permanent(e.to_string()))
    }

    /// The Message-ID of `mail`, without angle brackets: the same for every copy.
    pub fn message_id(&self, mail: &Mail) -> String {
        mail.key.message_id(self.sender.email.domain())
    }

    /// The bytes of `mail`: text and HTML as alternatives, lines ended by CR LF.
    ///
    /// # Errors
    ///
    /// [`MailError::Permanent`] when it cannot be written down as a mail.
    pub fn compose(&self, mail: &Mail) -> Result<Vec<u8>, MailError> {
        let mut builder = Message::builder()
            .from(self.sender.clone())
            .to(Mailbox::new(
                Some(mail.to.name.as_str().to_owned()),
                Self::recipient(mail)?,
            ))
            .subject(mail.subject.as_str())
            .message_id(Some(format!("<{}>", self.message_id(mail))))
            .date(self.clock.now().into());
        for (name, value) in AUTOMATIC {
            builder = builder.raw_header(header(name, value)?);
        }
        for (name, value) in &mail.headers {
            builder = builder.raw_header(header(name.as_str(), value.as_str())?);
        }
        let body = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
        builder
            .multipart(body)
            .map(|message| message.formatted())
            .map_err(|e| permanent(e.to_string()))
    }
}

/// `address` with its domain in ASCII (RFC 5890), as every server takes it.
fn in_ascii(address: &Address) -> Result<Address, AddressError> {
    if address.domain().is_ascii() {
        return Ok(address.clone());
    }
    let domain = idna::domain_to_ascii_strict(address.domain());
    Address::new(
        address.user(),
        domain.map_err(|_| AddressError::InvalidDomain)?,
    )
}

fn header(name: &str, value: &str) -> Result<HeaderValue, MailError> {
    let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|e| permanent(e.to_string()))?;
    Ok(HeaderValue::new(name, value.to_owned()))
}

fn permanent(reason: String) -> MailError {
    MailError::Permanent { reason }
}
