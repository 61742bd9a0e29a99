//! Everything that is tested from outside, in one program.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod http_server;
