//! The stories: one file each, with all that belongs to it.
//!
//! Each asks for exactly the ports it needs. Who may do what is decided here, not at
//! the edge.

mod become_artist;
mod browse;
mod change_album;
mod check_inactive_artists;
mod congratulate_artist;
mod deliver_mail;
mod edit_account;
mod identify_caller;
mod inactivity;
mod log_in;
mod log_out;
mod publish_album;
mod register_account;
mod remind_inactive_artist;
mod token_issuer;
mod unsubscribe;

pub use become_artist::{BecomeArtist, BecomeArtistUseCase};
pub use browse::BrowseUseCase;
pub use change_album::{ChangeAlbumError, ChangeAlbumUseCase};
pub use check_inactive_artists::{CheckInactiveArtists, CheckInactiveArtistsHandler, Checked};
pub use congratulate_artist::{CongratulateArtist, CongratulateArtistHandler, Congratulated};
pub use deliver_mail::{DeliverMail, MailPolicy, OnDoubt};
pub use edit_account::{EditOwnAccountError, EditOwnAccountUseCase};
pub use identify_caller::IdentifyCallerUseCase;
pub use inactivity::InactivityPolicy;
pub use log_in::{LogIn, LogInError, LogInUseCase};
pub use log_out::LogOutUseCase;
pub use publish_album::{
    KEEP_ANSWERS_FOR, PublishAlbum, PublishAlbumError, PublishAlbumUseCase, Published,
};
pub use register_account::{RegisterAccount, RegisterAccountError, RegisterAccountUseCase};
pub use remind_inactive_artist::{RemindInactiveArtist, RemindInactiveArtistHandler, Reminded};
pub use token_issuer::{GrantedToken, LoggedIn, TokenIssuer};
pub use unsubscribe::UnsubscribeUseCase;
