//! The laws of who is quiet and who is left alone.

mod quiet;
mod silence;

use chrono::{DateTime, TimeDelta, Utc};
use domain::model::{AlbumDetails, Artist, ArtistId};
use domain::ports::QuietSlice;
use tests::samples::{self, START};

use super::world::World;

/// Later than everything that is stored.
const LATER: DateTime<Utc> = DateTime::<Utc>::MAX_UTC;

fn id(number: u32) -> ArtistId {
    samples::artist(number).id
}

fn day(number: i64) -> DateTime<Utc> {
    START + TimeDelta::days(number)
}

/// Publishes an album on the day with this number.
async fn publish(world: &World, artist: &Artist, number: u32, on: i64) -> AlbumDetails {
    let mut details = samples::album(artist, number);
    details.album.created_at = day(on);
    world.album(details).await
}

/// Who of all artists is quiet since before `before`.
async fn quiet(world: &World, before: DateTime<Utc>) -> Vec<ArtistId> {
    let slice = slice(world, None, 100, before).await;
    slice.quiet.into_iter().map(|each| each.id).collect()
}

async fn slice(
    world: &World,
    after: Option<ArtistId>,
    most: u32,
    before: DateTime<Utc>,
) -> QuietSlice {
    world.reminders.quiet(after, most, before).await.unwrap()
}
