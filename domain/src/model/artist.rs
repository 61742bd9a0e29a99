//! Who publishes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::text::text_value;
use super::{AccountId, ArtistId, SocialLink};

text_value!(
    /// The name an artist is known by: one line of up to 200 characters.
    ///
    /// Unique without regard to case.
    StageName, at most 200, One
);

/// Somebody who publishes albums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artist {
    /// Which artist this is.
    pub id: ArtistId,
    /// The account that is this artist; an account is at most one.
    pub account_id: AccountId,
    /// The name they are known by.
    pub stage_name: StageName,
    /// Where they can be found elsewhere.
    pub social_link: Option<SocialLink>,
    /// When they became an artist.
    pub created_at: DateTime<Utc>,
}
