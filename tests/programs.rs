//! The programs as they are started.
