//! Artists: looking for them and becoming one.

use domain::model::{Artist, ArtistId};
use domain::ports::AddArtistError;
use domain::use_cases::BecomeArtist;
use serde::Serialize;
use url::form_urlencoded::byte_serialize;
use uuid::Uuid;
use warp::reply::Response;

use super::api::Api;
use super::json::{object, text};
use super::paging::{list_body, page_request};
use super::problem::Problem;
use super::query::{Parameters, part_of_name};
use super::request::Request;
use super::{auth, reply};

/// What an album says about its artist.
#[derive(Serialize)]
pub(super) struct ArtistRef {
    id: ArtistId,
    stage_name: String,
    social_link: Option<String>,
}

#[derive(Serialize)]
struct ArtistBody {
    #[serde(flatten)]
    artist: ArtistRef,
    created_at: String,
}

/// `GET /artists/`
pub(super) async fn list(api: &Api, request: &Request) -> Result<Response, Problem> {
    auth::anybody(api, request).await?;
    let mut parameters = Parameters::of(&request.query);
    let search = parameters.read("search", part_of_name);
    let page = page_request(&mut parameters);
    parameters.check()?;
    let found = api.browse.artists(search, page).await?;
    let url = format!("{}/artists/", api.public_url);
    let body = list_body(found, page, &url, &request.query, ArtistBody::of);
    Ok(reply::ok(&body))
}

/// `POST /artists/`
pub(super) async fn add(api: &Api, request: Request) -> Result<Response, Problem> {
    let caller = auth::caller(api, &request).await?;
    let body = request.json().await?;
    let new = object(&body, |fields| {
        let stage_name = fields.required("stage_name", text);
        let social_link = fields.optional("social_link", text);
        Ok(BecomeArtist {
            id: ArtistId::new(Uuid::now_v7()),
            stage_name: stage_name?,
            social_link: social_link?,
        })
    })?;
    let artist = api.become_artist.run(&caller, new).await?;
    // An artist has no page of their own here; this is where they can be seen.
    let search: String = byte_serialize(artist.stage_name.as_str().as_bytes()).collect();
    let location = format!("{}/artists/?search={search}", api.public_url);
    Ok(reply::created(&location, &ArtistBody::of(artist)))
}

impl From<Artist> for ArtistRef {
    fn from(artist: Artist) -> Self {
        Self {
            id: artist.id,
            stage_name: artist.stage_name.into(),
            social_link: artist.social_link.map(String::from),
        }
    }
}

impl ArtistBody {
    fn of(artist: Artist) -> Self {
        Self {
            created_at: reply::instant(artist.created_at),
            artist: artist.into(),
        }
    }
}

impl From<AddArtistError> for Problem {
    fn from(error: AddArtistError) -> Self {
        match error {
            AddArtistError::UnknownAccount => Self::invalid_token(),
            AddArtistError::AlreadyArtist => Self::already("This account is an artist already."),
            AddArtistError::StageNameTaken => Self::conflict(
                "stage_name",
                "An artist with this stage name already exists.",
            ),
            AddArtistError::Port(error) => error.into(),
        }
    }
}
