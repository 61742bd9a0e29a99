//! Where mail goes, who writes it, and what becomes of one in doubt.

use std::path::Path;
use std::time::Duration;

use domain::use_cases::OnDoubt;

use super::email_url::MailTo;
use super::reader::Reader;
use super::sender::Sender;
use super::values::{ValueError, choice, duration};

const DAY: Duration = Duration::from_hours(24);

/// A server is waited for ten minutes after a mail's last byte; by now it has let go as well.
const ELEVEN_MINUTES: Duration = Duration::from_mins(11);

/// Where mail goes and who writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSettings {
    /// `EMAIL_URL`.
    pub to: MailTo,
    /// `DEFAULT_FROM_EMAIL`.
    pub from: Sender,
    /// `MAIL_ON_DOUBT`: `resend` (rather twice than never) or `park` (rather never than twice).
    pub on_doubt: OnDoubt,
    /// `MAIL_DOUBT_HOLD`: how long a mail in doubt is left alone.
    pub doubt_hold: Duration,
}

impl MailSettings {
    pub(super) fn read(read: &mut Reader, data_dir: &Path) -> Self {
        let to = read.masked("EMAIL_URL", str::parse);
        Self {
            to: to.unwrap_or_else(|| MailTo::Files(data_dir.join("mail"))),
            from: read.or("DEFAULT_FROM_EMAIL", Sender::default(), str::parse),
            on_doubt: read.or("MAIL_ON_DOUBT", OnDoubt::Resend, on_doubt),
            doubt_hold: read.or(
                "MAIL_DOUBT_HOLD",
                ELEVEN_MINUTES,
                duration(Duration::ZERO..=DAY),
            ),
        }
    }
}

fn on_doubt(text: &str) -> Result<OnDoubt, ValueError> {
    choice(
        text,
        &[("resend", OnDoubt::Resend), ("park", OnDoubt::Park)],
    )
}
