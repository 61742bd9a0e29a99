//! An artist is congratulated on an album.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::DeliverMail;
use super::deliver_mail::{Delivered, MAIL_TIME_LIMIT};
use crate::model::{
    Account, AlbumDetails, AlbumId, ArtistId, HeaderText, Mail, MailKey, MailKind, Recipient,
};
use crate::ports::{AccountRepo, AlbumRepo};
use crate::tasks::{Context, Handler, Reason, Task, TaskError};

/// Congratulate this artist on this album.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CongratulateArtist {
    /// Whose album it is.
    pub artist_id: ArtistId,
    /// Which album.
    pub album_id: AlbumId,
}

impl Task for CongratulateArtist {
    type Output = Congratulated;
    const NAME: &'static str = "albums.tasks.congratulate_artist";
    const ARGUMENTS: &'static [&'static str] = &["artist_id", "album_id"];
    const TIME_LIMIT: Option<Duration> = Some(MAIL_TIME_LIMIT);
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Congratulated {
    /// The mail was taken.
    #[serde(rename = "sent")]
    Sent,
    /// It had been before: one mail an album.
    #[serde(rename = "already sent")]
    AlreadySent,
    /// The album was deleted before the mail went: no mail.
    #[serde(rename = "not sent: the album is gone")]
    AlbumGone,
}

/// Congratulates artists, at most once an album.
pub struct CongratulateArtistHandler {
    albums: Arc<dyn AlbumRepo>,
    accounts: Arc<dyn AccountRepo>,
    deliver: DeliverMail,
    public_url: String,
}

impl CongratulateArtistHandler {
    /// Congratulates through `deliver`; links in mails begin with `public_url`, which has no slash at its end.
    pub fn new(
        albums: Arc<dyn AlbumRepo>,
        accounts: Arc<dyn AccountRepo>,
        deliver: DeliverMail,
        public_url: String,
    ) -> Self {
        Self {
            albums,
            accounts,
            deliver,
            public_url,
        }
    }

    /// The mail, from what is stored at this moment; `None` when the album is gone.
    async fn write(&self, task: CongratulateArtist) -> Result<Option<Mail>, TaskError> {
        let Some(details) = self.albums.get(task.album_id).await? else {
            return Ok(None);
        };
        if details.artist.id != task.artist_id {
            return Err(TaskError::GiveUp(Reason::new(
                "the album is another artist's",
            )));
        }
        let account = self.accounts.get(details.artist.account_id).await?;
        Ok(account.map(|account| congratulation(&details, &account, &self.public_url)))
    }
}

#[async_trait]
impl Handler<CongratulateArtist> for CongratulateArtistHandler {
    async fn handle(
        &self,
        task: CongratulateArtist,
        context: &Context,
    ) -> Result<Congratulated, TaskError> {
        let key = MailKey {
            kind: MailKind::Congratulation,
            cause: task.album_id.as_uuid(),
        };
        let delivered = self
            .deliver
            .run(key, context, async || self.write(task).await)
            .await?;
        Ok(match delivered {
            Some(Delivered::Now) => Congratulated::Sent,
            Some(Delivered::Before) => Congratulated::AlreadySent,
            None => Congratulated::AlbumGone,
        })
    }
}

#[derive(Template)]
#[template(path = "congratulation.txt")]
struct Text<'a> {
    artist: &'a str,
    album: &'a str,
    link: &'a str,
}

#[derive(Template)]
#[template(path = "congratulation.html")]
struct Html<'a> {
    artist: &'a str,
    album: &'a str,
    link: &'a str,
}

fn congratulation(details: &AlbumDetails, account: &Account, public_url: &str) -> Mail {
    let AlbumDetails { album, artist } = details;
    let link = format!("{public_url}/albums/{}/", album.id);
    let (artist, name) = (artist.stage_name.as_str(), album.name.as_str());
    let text = Text {
        artist,
        album: name,
        link: &link,
    };
    let html = Html {
        artist,
        album: name,
        link: &link,
    };
    Mail {
        key: MailKey {
            kind: MailKind::Congratulation,
            cause: album.id.as_uuid(),
        },
        to: Recipient {
            name: HeaderText::without_controls(artist),
            address: account.email.clone(),
        },
        subject: HeaderText::without_controls(&format!("Your album “{name}” is published")),
        text: text
            .render()
            .expect("a template without conditions renders"),
        html: html
            .render()
            .expect("a template without conditions renders"),
        headers: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
