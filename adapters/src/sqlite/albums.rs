//! Albums.

mod add;

use async_trait::async_trait;
use domain::model::{
    AccountId, Album, AlbumDetails, AlbumEdit, AlbumFilter, AlbumId, Artist, ArtistId, Page,
    PageRequest, Price, Viewer, folded,
};
use domain::ports::{AddAlbumError, Added, AlbumRepo, EditAlbumError, NewAlbum, PortError};
use domain::tasks::Envelope;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{FromRow, QueryBuilder, Row as _};

use self::add::{Add, AddAnswer};
use super::SqliteStore;
use super::error::StoreError;
use super::tasks::NewTask;
use super::values::{instant, optional, parsed, unreadable};
use super::writer::Write;

#[async_trait]
impl AlbumRepo for SqliteStore {
    async fn add(&self, new: &NewAlbum, follow_up: &Envelope) -> Result<Added, AddAlbumError> {
        let fail = |error: StoreError| {
            if error.is_taken("albums.name_folded") || error.is_taken("albums.id") {
                AddAlbumError::NameTaken
            } else if error.is_orphan() {
                AddAlbumError::UnknownArtist
            } else {
                error.into_port("add an album").into()
            }
        };
        let add = Add {
            new: new.clone(),
            follow_up: NewTask::seal(follow_up, self.clock.now(), self.tick()),
            now: self.now(),
        };
        match self.write(add).await.map_err(fail)? {
            AddAnswer::New => {
                self.bell.notify_waiters();
                Ok(Added::New)
            }
            AddAnswer::Repeated(details) => Ok(Added::Repeated(details)),
            AddAnswer::KeyReused => Err(AddAlbumError::KeyReused),
        }
    }

    async fn get(&self, id: AlbumId) -> Result<Option<AlbumDetails>, PortError> {
        let found = match self.readers.acquire().await {
            Ok(mut reader) => details(id, &mut reader).await,
            Err(error) => Err(error),
        };
        found.map_err(|error| StoreError::from(error).into_port("load an album"))
    }

    async fn list(
        &self,
        filter: &AlbumFilter,
        viewer: Viewer,
        page: PageRequest,
    ) -> Result<Page<AlbumDetails>, PortError> {
        let listed = async {
            let mut reader = self.readers.begin().await?;
            let mut counting = QueryBuilder::new("SELECT count(*) FROM albums");
            push_conditions(&mut counting, filter, viewer);
            let count: i64 = counting
                .build_query_scalar()
                .fetch_one(&mut *reader)
                .await?;
            let mut listing = QueryBuilder::new(DETAILS);
            push_conditions(&mut listing, filter, viewer);
            listing
                .push(" ORDER BY albums.created_at DESC, albums.id LIMIT ")
                .push_bind(page.limit)
                .push(" OFFSET ")
                .push_bind(page.offset);
            let items: Vec<Stored> = listing.build_query_as().fetch_all(&mut *reader).await?;
            Ok(Page {
                items: items.into_iter().map(|Stored(details)| details).collect(),
                count: count.unsigned_abs(),
            })
        };
        listed
            .await
            .map_err(|error: sqlx::Error| StoreError::from(error).into_port("list albums"))
    }

    async fn edit(
        &self,
        id: AlbumId,
        edit: &AlbumEdit,
    ) -> Result<Option<AlbumDetails>, EditAlbumError> {
        let edit = edit.clone();
        self.write(Edit { id, edit }).await.map_err(|error| {
            if error.is_taken("albums.name_folded") {
                EditAlbumError::NameTaken
            } else {
                error.into_port("change an album").into()
            }
        })
    }

    async fn remove(&self, id: AlbumId) -> Result<bool, PortError> {
        self.write(Remove(id))
            .await
            .map_err(|error| error.into_port("remove an album"))
    }
}

const DETAILS: &str = "SELECT albums.*, artists.account_id, artists.stage_name, artists.social_link, artists.created_at AS artist_created_at
     FROM albums JOIN artists ON artists.id = albums.artist_id";

fn push_conditions(query: &mut QueryBuilder<Sqlite>, filter: &AlbumFilter, viewer: Viewer) {
    match viewer {
        Viewer::Public => query.push(" WHERE albums.is_approved = 1"),
        Viewer::Artist(id) => query
            .push(" WHERE (albums.is_approved = 1 OR albums.artist_id = ")
            .push_bind(id.as_uuid())
            .push(")"),
        Viewer::Staff => query.push(" WHERE true"),
    };
    if let Some(part) = &filter.name_contains {
        query
            .push(" AND instr(albums.name_folded, ")
            .push_bind(folded(part))
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
}

async fn details(
    id: AlbumId,
    connection: &mut SqliteConnection,
) -> sqlx::Result<Option<AlbumDetails>> {
    let found = QueryBuilder::new(DETAILS)
        .push(" WHERE albums.id = ")
        .push_bind(id.as_uuid())
        .build_query_as()
        .fetch_optional(connection)
        .await?;
    Ok(found.map(|Stored(details)| details))
}

struct Edit {
    id: AlbumId,
    edit: AlbumEdit,
}

#[async_trait]
impl Write for Edit {
    type Answer = Option<AlbumDetails>;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<Option<AlbumDetails>> {
        let Some(AlbumDetails { album, artist }) = details(self.id, connection).await? else {
            return Ok(None);
        };
        let album = self.edit.clone().apply(album);
        sqlx::query(
            "UPDATE albums SET name = ?, name_folded = ?, release_date = ?, cost = ?, is_approved = ? WHERE id = ?",
        )
        .bind(album.name.as_str())
        .bind(folded(album.name.as_str()))
        .bind(album.release_date)
        .bind(album.cost.map(Price::hundredths))
        .bind(album.is_approved)
        .bind(album.id.as_uuid())
        .execute(connection)
        .await?;
        Ok(Some(AlbumDetails { album, artist }))
    }
}

struct Remove(AlbumId);

#[async_trait]
impl Write for Remove {
    type Answer = bool;

    async fn run(&self, connection: &mut SqliteConnection) -> sqlx::Result<bool> {
        let removed = sqlx::query("DELETE FROM albums WHERE id = ?")
            .bind(self.0.as_uuid())
            .execute(connection)
            .await?;
        Ok(removed.rows_affected() > 0)
    }
}

/// An album beside its artist as [`DETAILS`] selects them.
struct Stored(AlbumDetails);

impl FromRow<'_, SqliteRow> for Stored {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        let artist = Artist {
            id: ArtistId::new(row.try_get("artist_id")?),
            account_id: AccountId::new(row.try_get("account_id")?),
            stage_name: parsed(row, "stage_name")?,
            social_link: optional(row, "social_link")?,
            created_at: instant(row, "artist_created_at")?,
        };
        let album = Album {
            id: AlbumId::new(row.try_get("id")?),
            artist_id: artist.id,
            name: parsed(row, "name")?,
            release_date: row.try_get("release_date")?,
            cost: cost(row)?,
            is_approved: row.try_get("is_approved")?,
            created_at: instant(row, "created_at")?,
        };
        Ok(Self(AlbumDetails { album, artist }))
    }
}

fn cost(row: &SqliteRow) -> sqlx::Result<Option<Price>> {
    row.try_get::<Option<i64>, _>("cost")?
        .map(|hundredths| {
            Price::from_hundredths(hundredths).ok_or_else(|| unreadable("cost", "not a price"))
        })
        .transpose()
}
