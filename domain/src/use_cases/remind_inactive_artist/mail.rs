//! What a reminder says.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use url::{Host, Url};

use crate::model::{Account, HeaderName, HeaderText, Mail, MailKey, Recipient};
use crate::ports::Silence;

/// What a reminder speaks of.
pub(super) struct Letter<'a> {
    pub(super) key: MailKey,
    pub(super) silence: &'a Silence,
    pub(super) account: &'a Account,
    /// The instant at which the silence has lasted so long as the mail says.
    pub(super) as_of: DateTime<Utc>,
    /// How long an artist may be silent.
    pub(super) quiet_after: TimeDelta,
    pub(super) public_url: &'a str,
    /// What makes the link to unsubscribe the artist's own.
    pub(super) token: &'a str,
}

struct Words<'a> {
    artist: &'a str,
    since: String,
    days: i64,
    most_days: i64,
    publish: String,
    unsubscribe: String,
}

#[derive(Template)]
#[template(path = "reminder.txt")]
struct Text<'a> {
    say: &'a Words<'a>,
}

#[derive(Template)]
#[template(path = "reminder.html")]
struct Html<'a> {
    say: &'a Words<'a>,
}

impl Letter<'_> {
    /// The mail.
    pub(super) fn mail(&self) -> Mail {
        let artist = self.silence.artist.stage_name.as_str();
        let words = self.words(artist);
        Mail {
            key: self.key,
            to: Recipient {
                name: HeaderText::without_controls(artist),
                address: self.account.email.clone(),
            },
            subject: HeaderText::without_controls(&format!(
                "{} days without a new album",
                words.days
            )),
            text: Text { say: &words }
                .render()
                .expect("a template without conditions renders"),
            html: Html { say: &words }
                .render()
                .expect("a template without conditions renders"),
            headers: self.headers(&words.unsubscribe),
        }
    }

    fn words<'a>(&self, artist: &'a str) -> Words<'a> {
        let Self {
            silence,
            public_url,
            token,
            ..
        } = self;
        // Counted as a reader does who looks at a calendar.
        let days = self.as_of.date_naive() - silence.since.date_naive();
        Words {
            artist,
            since: silence.since.format("%-d %B %Y").to_string(),
            days: days.num_days(),
            most_days: self.quiet_after.num_days(),
            publish: format!("{public_url}/albums/"),
            unsubscribe: format!("{public_url}/unsubscribe/{token}"),
        }
    }

    /// How mail programs offer to unsubscribe (RFC 2369), with one click (RFC 8058), and what
    /// they call the mails that end then (RFC 2919).
    fn headers(&self, unsubscribe: &str) -> Vec<(HeaderName, HeaderText)> {
        let list = format!("Backbeat reminders <reminders.{}>", host(self.public_url));
        let headers = [
            ("List-Unsubscribe", format!("<{unsubscribe}>")),
            (
                "List-Unsubscribe-Post",
                "List-Unsubscribe=One-Click".to_owned(),
            ),
            ("List-Id", list),
        ];
        let headers = headers.map(|(name, value)| {
            let name = HeaderName::try_from(name.to_owned()).expect("letters and hyphens");
            (name, HeaderText::without_controls(&value))
        });
        headers.into()
    }
}

/// The name of the host in `url`; one without a name can only be reached from here.
fn host(url: &str) -> String {
    match Url::parse(url).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name.to_owned(),
        _ => "localhost".to_owned(),
    }
}
