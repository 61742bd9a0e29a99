//! What tests are made of.

#[path = "support/samples.rs"]
pub mod samples;
