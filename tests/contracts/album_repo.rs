//! The laws of the albums.

mod adding;
mod changing;
mod filtering;
mod idempotency;
mod listing;

use domain::model::{AlbumDetails, Artist};
use tests::samples::{album, value};

use super::world::World;

/// An approved album and a new one of each of two artists.
async fn two_of_two_artists(world: &World) -> (Artist, Artist) {
    let artists = (world.artist(1).await, world.artist(2).await);
    let albums = [
        (&artists.0, 1, "approved 1", true),
        (&artists.0, 2, "new 1", false),
        (&artists.1, 3, "approved 2", true),
        (&artists.1, 4, "new 2", false),
    ];
    for (artist, number, name, is_approved) in albums {
        let mut details = album(artist, number);
        details.album.name = value(name);
        details.album.is_approved = is_approved;
        world.album(details).await;
    }
    artists
}

fn names(albums: &[AlbumDetails]) -> Vec<String> {
    let names = albums.iter().map(|details| details.album.name.to_string());
    names.collect()
}
