//! What has a URL, and what may be done with it.

use domain::model::{AccountId, AlbumId};
use uuid::Uuid;
use warp::http::Method;

/// What a path stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    Register,
    LogIn,
    LogOut,
    LogOutAll,
    Account(AccountId),
    Artists,
    Albums,
    Album(AlbumId),
    /// What begins the path of links in reminders; the token behind it is [`token_in`].
    Unsubscribe,
    Alive,
    Ready,
}

impl Resource {
    /// What is at `path`, which may or may not end with a slash.
    pub(super) fn at(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let mut segments = path.strip_suffix('/').unwrap_or(path).splitn(3, '/');
        let found = match (segments.next()?, segments.next(), segments.next()) {
            ("authentication", Some("register"), None) => Self::Register,
            ("authentication", Some("login"), None) => Self::LogIn,
            ("authentication", Some("logout"), None) => Self::LogOut,
            ("authentication", Some("logoutall"), None) => Self::LogOutAll,
            ("users", Some(id), None) => Self::Account(AccountId::new(uuid(id)?)),
            ("artists", None, None) => Self::Artists,
            ("albums", None, None) => Self::Albums,
            ("albums", Some(id), None) => Self::Album(AlbumId::new(uuid(id)?)),
            ("unsubscribe", Some(_), None) => Self::Unsubscribe,
            ("healthz", None, None) => Self::Alive,
            ("readyz", None, None) => Self::Ready,
            _ => return None,
        };
        Some(found)
    }

    /// The methods it answers, `HEAD` and `OPTIONS` beside them, as an `Allow` header.
    pub(super) fn allow(self) -> &'static str {
        match self {
            Self::Register | Self::LogIn | Self::LogOut | Self::LogOutAll => "POST, OPTIONS",
            Self::Account(_) => "GET, HEAD, PATCH, OPTIONS",
            Self::Artists | Self::Albums | Self::Unsubscribe => "GET, HEAD, POST, OPTIONS",
            Self::Album(_) => "GET, HEAD, PATCH, DELETE, OPTIONS",
            Self::Alive | Self::Ready => "GET, HEAD, OPTIONS",
        }
    }

    /// Whether it answers `method`.
    pub(super) fn answers(self, method: &Method) -> bool {
        self.allow().split(", ").any(|each| each == method.as_str())
    }

    /// Whether it is asked all day by machines.
    pub(super) fn is_probe(self) -> bool {
        matches!(self, Self::Alive | Self::Ready)
    }
}

/// The token at the end of a link to unsubscribe, with or without a slash behind it.
pub(super) fn token_in(path: &str) -> &str {
    let path = path.strip_suffix('/').unwrap_or(path);
    path.rsplit('/').next().unwrap_or_default()
}

/// An id as we write them: 36 characters, the other spellings of a UUID are none of ours.
pub(super) fn uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn paths_are_found_with_and_without_the_last_slash() {
        for path in [
            "/authentication/register",
            "/authentication/login",
            "/authentication/logout",
            "/authentication/logoutall",
            &format!("/users/{ID}"),
            "/artists",
            "/albums",
            &format!("/albums/{ID}"),
            "/unsubscribe/v1.a-b_c.d",
            "/healthz",
            "/readyz",
        ] {
            let found = Resource::at(path);

            assert!(found.is_some(), "{path}");
            assert_eq!(Resource::at(&format!("{path}/")), found, "{path}");
        }
    }

    #[test]
    fn everything_else_is_nowhere() {
        for path in [
            "",
            "/",
            "//",
            "*",
            "/albums//",
            "//albums",
            "/Albums",
            "/albums/7",
            "/albums/{01890a5d-ac96-774b-bcce-b302099a8057}",
            "/albums/01890a5dac96774bbcceb302099a8057",
            "/albums/%30",
            &format!("/albums/{ID}/x"),
            &format!("/users/{ID}//"),
            "/users",
            "/unsubscribe",
            "/unsubscribe/",
            "/unsubscribe/v1.a.b/x",
            "/authentication",
        ] {
            assert_eq!(Resource::at(path), None, "{path}");
        }
    }

    #[test]
    fn a_token_is_the_last_that_is_said() {
        for path in ["/unsubscribe/v1.a.b", "/unsubscribe/v1.a.b/"] {
            assert_eq!(token_in(path), "v1.a.b");
        }
    }
}
