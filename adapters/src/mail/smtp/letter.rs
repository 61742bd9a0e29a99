//! A mail in its envelope, as it is handed over.

use domain::model::Mail;
use domain::ports::MailError;
use lettre::Address;
use lettre::transport::smtp::commands::{Mail as MailCommand, Rcpt};
use lettre::transport::smtp::extension::{MailBodyParameter, MailParameter};

use super::dots::stuffed;
use super::offers::Offers;
use super::trouble::{Stage, Trouble};
use crate::mail::Composer;

/// A mail in its envelope.
pub(super) struct Letter {
    from: Address,
    to: Address,
    /// Its bytes as they travel, without the final dot.
    pub(super) text: Vec<u8>,
    is_ascii: bool,
}

impl Letter {
    /// What `composer` makes of `mail`.
    pub(super) fn write(composer: &Composer, mail: &Mail) -> Result<Self, MailError> {
        let text = stuffed(&composer.compose(mail)?);
        Ok(Self {
            from: composer.sender().clone(),
            to: Composer::recipient(mail)?,
            is_ascii: text.is_ascii(),
            text,
        })
    }

    /// The command that names the sender, and what the server has to bear.
    ///
    /// Fails when this mail needs what the server does not offer.
    pub(super) fn mail_command(&self, offers: &Offers) -> Result<String, Trouble> {
        let unfit = |why: String| Err(Trouble::unfit(Stage::Sender, why));
        let mut parameters = Vec::new();
        let size = self.text.len();
        if let Some(most) = offers.most_bytes().filter(|most| *most < size) {
            return unfit(format!(
                "the mail has {size} bytes, and the server takes {most} at most"
            ));
        }
        if offers.has("SIZE") {
            parameters.push(MailParameter::Size(size));
        }
        if self.needs_utf8() {
            if !offers.has("SMTPUTF8") {
                return unfit(
                    "an address has letters beyond ASCII before its @, and the server does not \
                     take such addresses (SMTPUTF8)"
                        .to_owned(),
                );
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !self.is_ascii {
            if !offers.has("8BITMIME") {
                return unfit(
                    "the mail has letters beyond ASCII, and the server does not take them as they \
                     are (8BITMIME)"
                        .to_owned(),
                );
            }
            let body = MailParameter::Body(MailBodyParameter::EightBitMime);
            parameters.push(body);
        }
        Ok(MailCommand::new(Some(self.from.clone()), parameters).to_string())
    }

    /// The command that names the recipient.
    pub(super) fn rcpt_command(&self) -> String {
        Rcpt::new(self.to.clone(), Vec::new()).to_string()
    }

    fn needs_utf8(&self) -> bool {
        [&self.from, &self.to]
            .iter()
            .any(|address| !AsRef::<str>::as_ref(*address).is_ascii())
    }
}
