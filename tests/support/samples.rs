//! Sample people, albums and tasks: plain ones, to be varied field by field.

use std::fmt::Debug;

use chrono::{DateTime, TimeDelta, Utc};
use domain::model::{
    Account, AccountId, Album, AlbumDetails, AlbumId, Artist, ArtistId, PageRequest,
};
use domain::ports::{
    MailPause, NewAccount, NewAlbum, NewToken, PasswordHash, TokenDigest, WorkerId,
};
use domain::schedules::{Interval, Schedule, ScheduleEntry};
use domain::tasks::{Due, Envelope, Payload, Priority, QueueName, Reason};
use domain::use_cases::CongratulateArtist;
use serde_json::Map;
use uuid::Uuid;

/// When every story begins.
pub const START: DateTime<Utc> =
    DateTime::from_timestamp(1_767_268_800, 0).expect("an instant of 2026");

/// Enough of any list.
pub const FIRST_PAGE: PageRequest = PageRequest {
    limit: 100,
    offset: 0,
};

/// The value that `text` means.
///
/// # Panics
///
/// When `text` breaks the rule of the type.
pub fn value<T>(text: &str) -> T
where
    T: TryFrom<String>,
    T::Error: Debug,
{
    T::try_from(text.to_owned()).expect("a text that obeys the rule of its type")
}

/// The worker with this number.
pub const fn worker(number: u128) -> WorkerId {
    WorkerId::new(Uuid::from_u128(number))
}

/// The pause of `sender` that began so many minutes after the start.
pub fn mail_pause(sender: WorkerId, minutes: i64) -> MailPause {
    let since = START + TimeDelta::minutes(minutes);
    MailPause {
        sender,
        since,
        until: since + TimeDelta::minutes(5),
        reason: Reason::new("535 wrong password"),
    }
}

/// The account with this number: `user7`, `user7@example.com`.
pub fn account(number: u32) -> Account {
    Account {
        id: AccountId::new(uuid(number)),
        username: value(&format!("user{number}")),
        email: value(&format!("user{number}@example.com")),
        bio: None,
        is_staff: false,
        created_at: START,
    }
}

/// The account with this number as it is stored, without a token.
pub fn new_account(number: u32) -> NewAccount {
    NewAccount {
        account: account(number),
        password: PasswordHash::new(format!("hash {number}")),
        token: None,
    }
}

/// The artist with this number, who is the account with this number: `Artist 7`.
pub fn artist(number: u32) -> Artist {
    Artist {
        id: ArtistId::new(uuid(number)),
        account_id: account(number).id,
        stage_name: value(&format!("Artist {number}")),
        social_link: Some(value(&format!("https://example.com/artist/{number}"))),
        created_at: START,
    }
}

/// The album with this number, not approved: `Album 7`, younger by a second than number 6.
pub fn album(artist: &Artist, number: u32) -> AlbumDetails {
    let album = Album {
        id: AlbumId::new(uuid(number)),
        artist_id: artist.id,
        name: value(&format!("Album {number}")),
        release_date: None,
        cost: None,
        is_approved: false,
        created_at: START + TimeDelta::seconds(i64::from(number)),
    };
    AlbumDetails {
        album,
        artist: artist.clone(),
    }
}

/// The album with this number as it is stored, without an idempotency key.
pub fn new_album(artist: &Artist, number: u32) -> NewAlbum {
    NewAlbum {
        details: album(artist, number),
        once: None,
    }
}

/// The congratulation on an album, sealed for the usual queue.
pub fn congratulation(album: &Album) -> Envelope {
    let task = CongratulateArtist {
        artist_id: album.artist_id,
        album_id: album.id,
    };
    Envelope::seal(&task, album.id, QueueName::default())
}

/// A task with this id, due now, on the usual queue, without a key.
pub fn task(id: &str) -> Envelope {
    Envelope {
        id: value(id),
        name: value("samples.work"),
        payload: Payload::from_bytes(b"[[], {}, {}]".to_vec()),
        queue: QueueName::default(),
        priority: Priority::default(),
        due: Due::Now,
        expires_at: None,
        key: None,
        headers: Map::new(),
    }
}

/// The entry of this name: `samples.work` every so many seconds, on the usual queue.
///
/// # Panics
///
/// When something cannot be due in so many seconds.
pub fn schedule_entry(name: &str, seconds: u32) -> ScheduleEntry {
    let interval = Interval::new(TimeDelta::seconds(i64::from(seconds)));
    ScheduleEntry {
        name: value(name),
        schedule: Schedule::Interval(interval.expect("an interval")),
        task: value("samples.work"),
        payload: Payload::of_arguments(&[], &Map::new()),
        queue: QueueName::default(),
        priority: Priority::default(),
        countdown: TimeDelta::zero(),
        expires: None,
        headers: Map::new(),
    }
}

/// A token with this number for the account with that one, good for ten days from the start.
pub fn token(number: u8, account_number: u32) -> NewToken {
    NewToken {
        digest: TokenDigest([number; 32]),
        account_id: account(account_number).id,
        created_at: START,
        expires_at: START + TimeDelta::days(10),
    }
}

fn uuid(number: u32) -> Uuid {
    Uuid::from_u128(u128::from(number))
}
