//! The nouns: values that cannot be wrong once they exist, and the records made of them.

mod account;
mod album;
mod artist;
mod email_address;
mod id;
mod mail;
mod page;
mod price;
mod social_link;
mod text;
mod value_error;

pub use account::{Account, AccountEdit, Bio, Caller, Password, Username};
pub use album::{Album, AlbumDetails, AlbumEdit, AlbumFilter, AlbumName, Viewer};
pub use artist::{Artist, StageName};
pub use email_address::EmailAddress;
pub use id::{AccountId, AlbumId, ArtistId};
pub use mail::{HeaderName, HeaderText, Mail, MailKey, MailKind, Recipient};
pub use page::{Page, PageRequest};
pub use price::Price;
pub use social_link::SocialLink;
pub use text::folded;
pub use value_error::ValueError;
