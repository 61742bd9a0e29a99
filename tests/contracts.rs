//! The laws that every adapter of a port obeys.
