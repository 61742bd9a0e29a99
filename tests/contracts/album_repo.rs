//! The laws of the albums.

mod adding;
mod changing;
mod idempotency;
mod listing;
