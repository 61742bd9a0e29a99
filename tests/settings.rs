//! What the programs are told.
