//! Answers to the domain's ports, one module for each thing on the other side.

pub mod http;
pub mod login_throttle;
pub mod password;
pub mod token;
