//! Ids that cannot be taken for one another.

use std::fmt;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with this value. New ids are `UUIDv7` and made at the edge.
            pub const fn new(value: Uuid) -> Self {
                Self(value)
            }

            /// The value, for those who store it.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// Tells one account from another.
    AccountId
);
id!(
    /// Tells one artist from another.
    ArtistId
);
id!(
    /// Tells one album from another.
    AlbumId
);
