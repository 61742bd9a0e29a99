//! The programs, built once for all tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Names a folder with other programs to test: a deployment's own, with handlers of its own.
const PROGRAMS_IN: &str = "PROGRAMS_IN";

/// Where the programs lie; built once, so that a test never meets an old one.
pub(super) fn built() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        if let Some(folder) = std::env::var_os(PROGRAMS_IN) {
            return folder.into();
        }
        let this = std::env::current_exe().expect("this program has a path");
        let folder = this
            .ancestors()
            .nth(2)
            .expect("target/<profile>/deps/<name>")
            .to_owned();
        let mut build = Command::new(env!("CARGO"));
        build
            .args(["build", "--quiet", "--locked", "--workspace", "--bins"])
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        // What cargo says of this package would have others built anew: their build scripts
        // look at it.
        for (name, _) in std::env::vars_os() {
            let is_of_this_package = ["CARGO_MANIFEST_", "CARGO_PKG_"]
                .iter()
                .any(|prefix| name.to_string_lossy().starts_with(prefix));
            if is_of_this_package {
                build.env_remove(name);
            }
        }
        if folder.ends_with("release") {
            build.arg("--release");
        }
        assert!(
            build.status().expect("cargo is there").success(),
            "the programs can be built"
        );
        folder
    })
}
