//! A disk that is soon full.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Takes the disk away when its own input ends: when the tests do, however they end.
const KEEPER: &str = r#"trap "" INT TERM HUP; cat >/dev/null; "$@""#;

const TAKE_AWAY: &str = r#"umount -l "$1" && rmdir "$1""#;

/// A file system of a few megabytes in memory.
pub struct SmallDisk {
    folder: PathBuf,
    _keeper: Child,
}

impl SmallDisk {
    /// A disk of so many megabytes, which goes when it is dropped.
    ///
    /// # Panics
    ///
    /// When this user may not mount one: that takes root, or `sudo` without a password.
    pub fn new(megabytes: u32) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("backbeat-disk-")
            .tempdir_in("/tmp")
            .expect("a folder for the disk")
            .keep();
        let mounted = as_root("mount")
            .args(["-t", "tmpfs", "-o"])
            .arg(format!("size={megabytes}m,mode=0777"))
            .args(["tmpfs"])
            .arg(&folder)
            .status()
            .expect("mount is there");
        assert!(
            mounted.success(),
            "a small disk could not be mounted, and what a full one does was not tested: \
             run the tests as root, or where sudo asks for no password"
        );
        let take_away = as_root("sh");
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(take_away.get_program())
            .args(take_away.get_args())
            .args(["-c", TAKE_AWAY, "disk"])
            .arg(&folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the keeper of the disk starts");
        Self {
            folder,
            _keeper: keeper,
        }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Fills it to the last byte.
    ///
    /// # Panics
    ///
    /// When that fails otherwise than by its being full.
    pub fn fill(&self) {
        let mut ballast = File::options()
            .create(true)
            .append(true)
            .open(self.ballast())
            .expect("a file on the disk");
        for size in [64 * 1024, 4096] {
            loop {
                match ballast.write_all(&vec![0; size]) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }

    /// Frees what [`fill`](Self::fill) took.
    ///
    /// # Panics
    ///
    /// When nothing was.
    pub fn free(&self) {
        fs::remove_file(self.ballast()).expect("the ballast is there");
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}

fn as_root(program: &str) -> Command {
    let is_root = Command::new("id").arg("-u").output();
    if is_root.expect("id is there").stdout == b"0\n" {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}
