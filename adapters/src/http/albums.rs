//! Albums: publishing, finding, editing and deleting them.

use chrono::NaiveDate;
use domain::model::{AlbumDetails, AlbumEdit, AlbumFilter, AlbumId, ArtistId, Price, ValueError};
use domain::ports::AddAlbumError;
use domain::use_cases::{ChangeAlbumError, PublishAlbum, PublishAlbumError, Published};
use serde::Serialize;
use uuid::Uuid;
use warp::http::HeaderValue;
use warp::reply::Response;

use super::api::Api;
use super::artists::ArtistRef;
use super::json::{date, flag, object, price, text};
use super::paging::{list_body, page_request};
use super::problem::Problem;
use super::query::{Parameters, part_of_name};
use super::request::Request;
use super::resource::uuid;
use super::{auth, idempotency, reply};

const NAME_TAKEN: &str = "This artist already has an album with this name.";

#[derive(Serialize)]
struct AlbumBody {
    id: AlbumId,
    artist: ArtistRef,
    name: String,
    release_date: Option<NaiveDate>,
    cost: Option<Price>,
    is_approved: bool,
    created_at: String,
}

/// `GET /albums/`
pub(super) async fn list(api: &Api, request: &Request) -> Result<Response, Problem> {
    let caller = auth::anybody(api, request).await?;
    let mut parameters = Parameters::of(&request.query);
    let filter = AlbumFilter {
        name_contains: parameters.read("name__icontains", part_of_name),
        cost_at_least: parameters.read("cost__gte", price_of),
        cost_at_most: parameters.read("cost__lte", price_of),
        artist: parameters.read("artist", artist_id),
    };
    let page = page_request(&mut parameters);
    parameters.check()?;
    let found = api.browse.albums(caller.as_ref(), &filter, page).await?;
    let url = format!("{}/albums/", api.public_url);
    let body = list_body(found, page, &url, &request.query, AlbumBody::of);
    Ok(reply::ok(&body))
}

/// `POST /albums/`
pub(super) async fn publish(api: &Api, request: Request) -> Result<Response, Problem> {
    let caller = auth::caller(api, &request).await?;
    let key = idempotency::key(&request.headers)?;
    let body = request.json().await?;
    let once = key.map(|key| (key, idempotency::fingerprint(&body)));
    let new = object(&body, |fields| {
        let name = fields.required("name", text);
        let release_date = fields.optional("release_date", date);
        let cost = fields.optional("cost", price);
        Ok(PublishAlbum {
            id: AlbumId::new(Uuid::now_v7()),
            name: name?,
            release_date: release_date?,
            cost: cost?,
            once,
        })
    })?;
    Ok(match api.publish_album.run(&caller, new).await? {
        Published::New(details) => created(api, details),
        Published::Repeated(details) => {
            let mut response = created(api, details);
            let replayed = HeaderValue::from_static("true");
            response
                .headers_mut()
                .insert("idempotency-replayed", replayed);
            response
        }
    })
}

/// `GET /albums/{id}/`
pub(super) async fn show(api: &Api, request: &Request, id: AlbumId) -> Result<Response, Problem> {
    let caller = auth::anybody(api, request).await?;
    let details = api.browse.album(caller.as_ref(), id).await?;
    let details = details.ok_or_else(Problem::not_found)?;
    Ok(reply::ok(&AlbumBody::of(details)))
}

/// `PATCH /albums/{id}/`
pub(super) async fn edit(api: &Api, request: Request, id: AlbumId) -> Result<Response, Problem> {
    let caller = auth::caller(api, &request).await?;
    let body = request.json().await?;
    let edit = object(&body, |fields| {
        let name = fields.changed("name", text);
        let release_date = fields.clearable("release_date", date);
        let cost = fields.clearable("cost", price);
        // Read-only for all others, so not even looked at.
        let is_approved = if caller.account.is_staff {
            fields.changed("is_approved", flag)
        } else {
            Ok(None)
        };
        Ok(AlbumEdit {
            name: name?,
            release_date: release_date?,
            cost: cost?,
            is_approved: is_approved?,
        })
    })?;
    let details = api.change_album.edit(&caller, id, edit).await?;
    Ok(reply::ok(&AlbumBody::of(details)))
}

/// `DELETE /albums/{id}/`
pub(super) async fn delete(api: &Api, request: &Request, id: AlbumId) -> Result<Response, Problem> {
    let caller = auth::caller(api, request).await?;
    api.change_album.delete(&caller, id).await?;
    Ok(reply::no_content())
}

fn created(api: &Api, details: AlbumDetails) -> Response {
    let location = format!("{}/albums/{}/", api.public_url, details.album.id);
    reply::created(&location, &AlbumBody::of(details))
}

fn price_of(text: &str) -> Result<Price, ValueError> {
    Price::try_from(text.to_owned())
}

fn artist_id(text: &str) -> Result<ArtistId, ValueError> {
    uuid(text)
        .map(ArtistId::new)
        .ok_or(ValueError::Rule("must be the id of an artist"))
}

impl AlbumBody {
    fn of(details: AlbumDetails) -> Self {
        let AlbumDetails { album, artist } = details;
        Self {
            id: album.id,
            artist: artist.into(),
            name: album.name.into(),
            release_date: album.release_date,
            cost: album.cost,
            is_approved: album.is_approved,
            created_at: reply::instant(album.created_at),
        }
    }
}

impl From<PublishAlbumError> for Problem {
    fn from(error: PublishAlbumError) -> Self {
        match error {
            PublishAlbumError::NotAnArtist
            | PublishAlbumError::Add(AddAlbumError::UnknownArtist) => Self::forbidden(
                "You do not have permission to perform this action: only artists publish albums.",
            ),
            PublishAlbumError::Add(AddAlbumError::NameTaken) => Self::conflict("name", NAME_TAKEN),
            PublishAlbumError::Add(AddAlbumError::KeyReused) => Self::key_reused(),
            PublishAlbumError::Add(AddAlbumError::Port(error)) => error.into(),
        }
    }
}

impl From<ChangeAlbumError> for Problem {
    fn from(error: ChangeAlbumError) -> Self {
        match error {
            ChangeAlbumError::NotFound => Self::not_found(),
            ChangeAlbumError::NotYours => Self::not_yours(),
            ChangeAlbumError::NameTaken => Self::conflict("name", NAME_TAKEN),
            ChangeAlbumError::Port(error) => error.into(),
        }
    }
}
