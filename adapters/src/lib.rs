//! Answers to the domain's ports: one module for each thing on the other side.
//!
//! Adapters open no connections of their own accord, read no settings and start nothing:
//! what must run beside (the writer of a store, the loop of the runner) is a future that
//! the programs run. They never see each other;
//! the stores that speak SQL share how their rows read.

pub mod clock;
pub mod http;
pub mod link_signer;
pub mod login_throttle;
pub mod mail;
pub mod memory;
pub mod password;
pub mod postgres;
pub mod redis;
pub mod runner;
mod sql;
pub mod sqlite;
pub mod token;
