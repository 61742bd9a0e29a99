//! The HTTP side: what is heard from clients and how they are answered.
//!
//! [`routes()`] is the whole API as one warp filter that has an answer to everything;
//! [`server`] puts it behind a socket. Reading order: `routes`, `resource`, then the
//! handlers, one module for each kind of thing that has a URL.

mod accounts;
mod albums;
mod api;
mod artists;
mod auth;
pub mod body;
mod health;
mod idempotency;
mod json;
mod paging;
mod problem;
mod query;
mod reply;
mod request;
mod resource;
mod routes;
mod safe_headers;
pub mod server;
mod unsubscribe;

pub use api::Api;
pub use routes::routes;
