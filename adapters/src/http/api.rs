//! What the API asks of the domain.

use std::sync::Arc;

use domain::ports::Readiness;
use domain::use_cases::{
    BecomeArtistUseCase, BrowseUseCase, ChangeAlbumUseCase, EditOwnAccountUseCase,
    IdentifyCallerUseCase, LogInUseCase, LogOutUseCase, PublishAlbumUseCase,
    RegisterAccountUseCase, UnsubscribeUseCase,
};

/// The use cases behind the URLs; filled where the programs are wired.
pub struct Api {
    /// `POST /authentication/register/`
    pub register: RegisterAccountUseCase,
    /// `POST /authentication/login/`
    pub log_in: LogInUseCase,
    /// `POST /authentication/logout/` and `/authentication/logoutall/`
    pub log_out: LogOutUseCase,
    /// Who stands behind the token of a request.
    pub identify: IdentifyCallerUseCase,
    /// `GET` and `PATCH /users/{id}/`
    pub own_account: EditOwnAccountUseCase,
    /// `POST /artists/`
    pub become_artist: BecomeArtistUseCase,
    /// `GET` of artists and albums
    pub browse: BrowseUseCase,
    /// `POST /albums/`
    pub publish_album: PublishAlbumUseCase,
    /// `PATCH` and `DELETE /albums/{id}/`
    pub change_album: ChangeAlbumUseCase,
    /// `POST /unsubscribe/{token}`
    pub unsubscribe: UnsubscribeUseCase,
    /// `GET /readyz`
    pub readiness: Arc<dyn Readiness>,
    /// What absolute links begin with: scheme, host and perhaps a path, without a slash
    /// at its end ("<https://music.example>").
    pub public_url: String,
}
