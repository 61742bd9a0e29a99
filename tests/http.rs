//! The HTTP API without a socket.
