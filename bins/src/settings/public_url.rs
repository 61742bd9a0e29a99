//! `PUBLIC_URL`: under which address the world sees the API.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use url::Url;

/// An `http` or `https` URL without user, query, fragment or slash at its end, so that
/// a path can be put behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

/// Why a text is no public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "is not an http or https URL of at most {MOST} characters without user, query and fragment; \
     write for example https://backbeat.example.org"
)]
pub struct PublicUrlError;

/// The links made of it stand in headers of mails, whose lines are 998 characters long at most.
const MOST: usize = 500;

impl PublicUrl {
    /// The URL of an API that listens at `address` and is asked without a proxy.
    ///
    /// An address that means "all interfaces" leads nowhere in a link, so it becomes `localhost`.
    pub fn of(address: SocketAddr) -> Self {
        Self(if address.ip().is_unspecified() {
            format!("http://localhost:{}", address.port())
        } else {
            format!("http://{address}")
        })
    }

    /// The URL as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PublicUrl {
    type Err = PublicUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text).map_err(|_| PublicUrlError)?;
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let is_short = url.as_str().len() <= MOST;
        if !is_short || !bare || !matches!(url.scheme(), "http" | "https") {
            return Err(PublicUrlError);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_can_be_put_behind_it() {
        for (written, meant) in [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            (
                "https://Backbeat.example.org/",
                "https://backbeat.example.org",
            ),
            ("https://example.org/music//", "https://example.org/music"),
        ] {
            let url: PublicUrl = written.parse().expect(written);
            assert_eq!(url.as_str(), meant);
        }
        for refused in [
            "",
            "example.org",
            "ftp://x",
            "http://x?q=1",
            "http://x/#f",
            "http://u:p@x",
            "http://",
            &format!("http://x/{}", "x".repeat(500)),
        ] {
            assert_eq!(
                refused.parse::<PublicUrl>(),
                Err(PublicUrlError),
                "{refused}"
            );
        }
    }

    #[test]
    fn an_address_becomes_a_link_that_can_be_opened() {
        for (address, link) in [
            ("127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("[::1]:80", "http://[::1]:80"),
            ("0.0.0.0:8000", "http://localhost:8000"),
            ("[::]:8000", "http://localhost:8000"),
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(PublicUrl::of(address).as_str(), link);
        }
    }
}
