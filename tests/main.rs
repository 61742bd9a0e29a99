//! Every test that needs more than one file: laws, scenarios, routes, programs.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod architecture;
mod celery;
mod contracts;
mod guarantees;
mod http;
mod http_server;
mod interleavings;
mod mail;
mod parsers;
mod postgres;
mod programs;
mod redis;
mod relay;
mod released;
mod runner;
mod scenarios;
mod schedules;
mod settings;
mod wire;
