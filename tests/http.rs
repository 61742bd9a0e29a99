//! The HTTP API without a socket, on the memory store.

mod accounts;
mod albums;
mod ask;
mod authorisation;
mod failures;
mod finding;
mod hostile;
mod idempotency;
mod mass_assignment;
mod surface;
mod unsubscribe;
mod world;
