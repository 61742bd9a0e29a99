//! Albums.

use async_trait::async_trait;
use domain::model::{
    AccountId, Album, AlbumDetails, AlbumEdit, AlbumFilter, AlbumId, Artist, ArtistId, Page,
    PageRequest, Price, Viewer, folded,
};
use domain::ports::{AddAlbumError, Added, AlbumRepo, EditAlbumError, NewAlbum, PortError};
use domain::tasks::Envelope;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{QueryBuilder, Row as _};

use super::PostgresStore;
use super::error::StoreError;
use super::pool::Statement;
use super::tasks::NewTask;
use super::values::{NowhereToBeFound, count, each, optional, parsed, searched, unreadable};
use super::writer::Add;

#[async_trait]
impl AlbumRepo for PostgresStore {
    async fn add(&self, new: &NewAlbum, follow_up: &Envelope) -> Result<Added, AddAlbumError> {
        let now = self.clock.now();
        let add = Add {
            new: new.clone(),
            follow_up: NewTask::seal(follow_up, now),
            now,
        };
        let added = self
            .adds
            .send(add)
            .await
            .map_err(|error| error.into_port("add an album"))?;
        if matches!(added, Ok(Added::New)) {
            self.bell.ring();
        }
        added
    }

    async fn get(&self, id: AlbumId) -> Result<Option<AlbumDetails>, PortError> {
        let found = async {
            let statement = || sqlx::query(ONE).bind(id.as_uuid());
            let row = self.pool.first(statement).await?;
            Ok(row.as_ref().map(details).transpose()?)
        };
        found
            .await
            .map_err(|error: StoreError| error.into_port("load an album"))
    }

    async fn list(
        &self,
        filter: &AlbumFilter,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Page<AlbumDetails>, PortError> {
        self.albums(filter, viewer, page)
            .await
            .map_err(|error| error.into_port("list albums"))
    }

    async fn edit(
        &self,
        id: AlbumId,
        edit: &AlbumEdit,
    ) -> Result<Option<AlbumDetails>, EditAlbumError> {
        self.edit_album(id, edit).await.map_err(|error| {
            if error.is_taken("albums_artist_id_name_folded_key") {
                EditAlbumError::NameTaken
            } else {
                error.into_port("change an album").into()
            }
        })
    }

    async fn remove(&self, id: AlbumId) -> Result<bool, PortError> {
        let statement = || sqlx::query("DELETE FROM albums WHERE id = $1").bind(id.as_uuid());
        self.pool
            .changed(statement)
            .await
            .map(|removed| removed > 0)
            .map_err(|error| error.into_port("remove an album"))
    }
}

impl PostgresStore {
    async fn albums(
        &self,
        filter: &AlbumFilter,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Page<AlbumDetails>, StoreError> {
        let mut counting = QueryBuilder::new("SELECT count(*) AS albums FROM albums");
        let mut listing = QueryBuilder::new(DETAILS);
        for query in [&mut counting, &mut listing] {
            if push_conditions(query, filter, viewer).is_err() {
                return Ok(Page {
                    items: Vec::new(),
                    count: 0,
                });
            }
        }
        listing
            .push(" ORDER BY albums.created_at DESC, albums.id LIMIT ")
            .push_bind(i64::from(page.limit))
            .push(" OFFSET ")
            .push_bind(i64::from(page.offset));
        let mut session = self.pool.session().await?;
        session.begin_looking().await?;
        let looked = async {
            let counted = session.all(counting.build()).await?;
            let rows = session.all(listing.build()).await?;
            Ok(Page {
                items: each(&rows, details)?,
                count: counted.first().map_or(Ok(0), |row| count(row, "albums"))?,
            })
        };
        let looked = looked.await;
        session.end(looked).await
    }

    async fn edit_album(
        &self,
        id: AlbumId,
        edit: &AlbumEdit,
    ) -> Result<Option<AlbumDetails>, StoreError> {
        let mut session = self.pool.session().await?;
        session.begin().await?;
        let edited = async {
            let found = session
                .all(sqlx::query(ONE_HELD).bind(id.as_uuid()))
                .await?;
            let Some(row) = found.first() else {
                return Ok(None);
            };
            let AlbumDetails { album, artist } = details(row)?;
            let album = edit.clone().apply(album);
            session.changed(changing(&album)).await?;
            Ok(Some(AlbumDetails { album, artist }))
        };
        let edited = edited.await;
        session.end(edited).await
    }
}

fn changing(album: &Album) -> Statement<'_> {
    sqlx::query(
        "UPDATE albums SET name = $2, name_folded = $3, release_date = $4, cost = $5, is_approved = $6
         WHERE id = $1",
    )
    .bind(album.id.as_uuid())
    .bind(album.name.as_str())
    .bind(folded(album.name.as_str()))
    .bind(album.release_date)
    .bind(album.cost.map(Price::hundredths))
    .bind(album.is_approved)
}

macro_rules! details {
    ($rest:literal) => {
        concat!(
            "SELECT albums.*, artists.account_id, artists.stage_name, artists.social_link,
                 artists.created_at AS artist_created_at
             FROM albums JOIN artists ON artists.id = albums.artist_id",
            $rest
        )
    };
}

const DETAILS: &str = details!("");
const ONE: &str = details!(" WHERE albums.id = $1");
const ONE_HELD: &str = details!(" WHERE albums.id = $1 FOR UPDATE OF albums");

fn push_conditions(
    query: &mut QueryBuilder<Postgres>,
    filter: &AlbumFilter,
    viewer: Viewer,
) -> Result<(), NowhereToBeFound> {
    match viewer {
        Viewer::Public => query.push(" WHERE albums.is_approved"),
        Viewer::Artist(id) => query
            .push(" WHERE (albums.is_approved OR albums.artist_id = ")
            .push_bind(id.as_uuid())
            .push(")"),
        Viewer::Staff => query.push(" WHERE true"),
    };
    if let Some(part) = &filter.name_contains {
        query
            .push(" AND strpos(albums.name_folded, ")
            .push_bind(searched(part)?)
            .push(") > 0");
    }
    if let Some(least) = filter.cost_at_least {
        query
            .push(" AND albums.cost >= ")
            .push_bind(least.hundredths());
    }
    if let Some(most) = filter.cost_at_most {
        query
            .push(" AND albums.cost <= ")
            .push_bind(most.hundredths());
    }
    if let Some(artist) = filter.artist {
        query
            .push(" AND albums.artist_id = ")
            .push_bind(artist.as_uuid());
    }
    Ok(())
}

/// An album beside its artist as [`DETAILS`] selects them.
fn details(row: &PgRow) -> sqlx::Result<AlbumDetails> {
    let artist = Artist {
        id: ArtistId::new(row.try_get("artist_id")?),
        account_id: AccountId::new(row.try_get("account_id")?),
        stage_name: parsed(row, "stage_name")?,
        social_link: optional(row, "social_link")?,
        created_at: row.try_get("artist_created_at")?,
    };
    let album = Album {
        id: AlbumId::new(row.try_get("id")?),
        artist_id: artist.id,
        name: parsed(row, "name")?,
        release_date: row.try_get("release_date")?,
        cost: cost(row)?,
        is_approved: row.try_get("is_approved")?,
        created_at: row.try_get("created_at")?,
    };
    Ok(AlbumDetails { album, artist })
}

fn cost(row: &PgRow) -> sqlx::Result<Option<Price>> {
    row.try_get::<Option<i64>, _>("cost")?
        .map(|hundredths| {
            Price::from_hundredths(hundredths).ok_or_else(|| unreadable("cost", "not a price"))
        })
        .transpose()
}
