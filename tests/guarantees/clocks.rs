//! Programs whose clocks are wrong.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Lets a program go by the clock that the file `clock` says ("+5h"), at each moment; with
/// Debian's `faketime`.
pub(super) fn goes_by(how: &mut Command, clock: &Path) {
    how.env("LD_PRELOAD", library())
        .env("FAKETIME_TIMESTAMP_FILE", clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}

fn library() -> PathBuf {
    let folder = format!("/usr/lib/{}-linux-gnu/faketime", std::env::consts::ARCH);
    let library = Path::new(&folder).join("libfaketimeMT.so.1");
    assert!(
        library.exists(),
        "no {}: tests/run installs it",
        library.display()
    );
    library
}
