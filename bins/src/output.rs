//! What a program says to the person who started it, on standard output.

use std::io::{self, Write};

/// Writes `text` and a line break, at once.
///
/// A reader who has gone away (`backbeat inspect | head`) is no reason to fail.
pub(crate) fn tell(text: &str) {
    let mut console = io::stdout().lock();
    let _ = writeln!(console, "{text}").and_then(|()| console.flush());
}
