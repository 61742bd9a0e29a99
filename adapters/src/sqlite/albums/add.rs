//! Stores an album, its follow-up, and the answer kept for its idempotency key.

use async_trait::async_trait;
use domain::model::{Album, AlbumDetails, Price, folded};
use domain::ports::{NewAlbum, Once};
use sqlx::QueryBuilder;
use sqlx::sqlite::{Sqlite, SqliteConnection};

use crate::sqlite::tasks::{NewTask, push_insert};
use crate::sqlite::values::unreadable;
use crate::sqlite::writer::Write;

pub(super) struct Add {
    pub(super) new: NewAlbum,
    pub(super) follow_up: NewTask,
    pub(super) now: i64,
}

pub(super) enum AddAnswer {
    New,
    Repeated(AlbumDetails),
    KeyReused,
}

#[async_trait]
impl Write for Add {
    type Answer = AddAnswer;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<AddAnswer> {
        let NewAlbum { details, once } = &self.new;
        if let Some(once) = once
            && let Some(answer) = earlier_answer(details, once, self.now, connection).await?
        {
            return Ok(answer);
        }
        // All in one go: a statement costs less than the way to the connection and back.
        let mut all = QueryBuilder::new("");
        push_album(&mut all, &details.album);
        all.push("; ");
        push_insert(&mut all, std::slice::from_ref(&self.follow_up));
        if let Some(once) = once {
            all.push("; ");
            push_answer(&mut all, details, once);
        }
        all.build().execute(connection).await?;
        Ok(AddAnswer::New)
    }
}

async fn earlier_answer(
    details: &AlbumDetails,
    once: &Once,
    now: i64,
    connection: &mut SqliteConnection,
) -> sqlx::Result<Option<AddAnswer>> {
    let kept: Option<(Vec<u8>, String)> = sqlx::query_as(
        "SELECT fingerprint, answer FROM answers WHERE artist_id = ? AND key = ? AND keep_until > ?",
    )
    .bind(details.artist.id.as_uuid())
    .bind(once.key.as_str())
    .bind(now)
    .fetch_optional(connection)
    .await?;
    match kept {
        None => Ok(None),
        Some((fingerprint, _)) if fingerprint != once.fingerprint.0 => {
            Ok(Some(AddAnswer::KeyReused))
        }
        Some((_, answer)) => serde_json::from_str(&answer)
            .map(|details| Some(AddAnswer::Repeated(details)))
            .map_err(|error| unreadable("answer", error)),
    }
}

fn push_album(query: &mut QueryBuilder<Sqlite>, album: &Album) {
    query.push(
        "INSERT INTO albums (id, artist_id, name, name_folded, release_date, cost, is_approved, created_at) ",
    );
    query.push_values([album], |mut row, album| {
        row.push_bind(album.id.as_uuid())
            .push_bind(album.artist_id.as_uuid())
            .push_bind(album.name.as_str())
            .push_bind(folded(album.name.as_str()))
            .push_bind(album.release_date)
            .push_bind(album.cost.map(Price::hundredths))
            .push_bind(album.is_approved)
            .push_bind(album.created_at.timestamp_micros());
    });
}

/// Keeps the answer in place of one that has had its time.
fn push_answer(query: &mut QueryBuilder<Sqlite>, details: &AlbumDetails, once: &Once) {
    let answer = serde_json::to_string(details).expect("an album serializes");
    query.push("INSERT OR REPLACE INTO answers (artist_id, key, fingerprint, answer, keep_until) ");
    query.push_values([once], |mut row, once| {
        row.push_bind(details.artist.id.as_uuid())
            .push_bind(once.key.as_str())
            .push_bind(once.fingerprint.0.as_slice())
            .push_bind(&answer)
            .push_bind(once.keep_until.timestamp_micros());
    });
}
