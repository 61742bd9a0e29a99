//! The HTTP side: what is heard from clients and how they are answered.

pub mod body;
pub mod server;
