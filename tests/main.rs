//! Every test that needs more than one file: laws, scenarios, routes, programs.

mod architecture;
mod contracts;
mod http;
mod http_server;
mod programs;
mod scenarios;
mod settings;
