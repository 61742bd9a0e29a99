//! The HTTP API: requests in, replies out.
