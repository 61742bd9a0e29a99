//! The secret that signs links: what is set, or what was made at the first need.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use adapters::token::RandomTokens;
use domain::ports::TokenSource as _;
use tempfile::Builder;

use crate::settings::{Database, SecretKey, SecretKeyError, Settings};

/// The secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum SecretError {
    #[error("the secret in {} could not be read or made; SECRET_KEY may be set instead", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the secret in {} cannot be used; if you remove the file, a new one is made", path.display())]
    Unfit {
        path: PathBuf,
        source: SecretKeyError,
    },
    #[error("SECRET_KEY must be set, to the same on every machine")]
    NotSet,
}

/// The secret of the programs that share these settings.
///
/// Unless it is set, it lies in the file `secret_key` of the data directory, made by whoever
/// needs it first. A store that ends with its process has one that does, too.
pub(super) fn secret(settings: &Settings) -> Result<SecretKey, SecretError> {
    let folder = &settings.data_dir;
    match (&settings.secret_key, &settings.database) {
        (Some(key), _) => Ok(key.clone()),
        (None, Database::Sqlite(_)) => kept(folder),
        (None, Database::Memory) => Ok(random()),
        (None, Database::Postgres(_)) => Err(SecretError::NotSet),
    }
}

fn kept(folder: &Path) -> Result<SecretKey, SecretError> {
    let path = folder.join("secret_key");
    let fail = |source| SecretError::File {
        path: path.clone(),
        source,
    };
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(folder, &path).map_err(fail)?;
            fs::read_to_string(&path)
        }
        read => read,
    };
    let key = text.map_err(fail)?.trim().parse();
    key.map_err(|source| SecretError::Unfit { path, source })
}

/// Makes the file, whole and for its owner alone, unless somebody else was quicker.
fn make(folder: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = Builder::new().prefix(".secret_key-").tempfile_in(folder)?;
    writeln!(file, "{}", random().reveal())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(refused) if refused.error.kind() != io::ErrorKind::AlreadyExists => Err(refused.error),
        _ => File::open(folder)?.sync_all(),
    }
}

fn random() -> SecretKey {
    let token = RandomTokens.generate();
    token.reveal().parse().expect("a token is long enough")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::thread;

    use tempfile::TempDir;

    use super::*;

    fn words(outcome: Result<SecretKey, SecretError>) -> String {
        outcome.expect_err("it cannot be used").to_string()
    }

    #[test]
    fn who_asks_at_once_gets_the_same_secret_and_so_does_who_asks_later() {
        let folder = TempDir::new().expect("a folder");
        let data = folder.path().join("new/var");
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let data = data.clone();
                thread::spawn(move || kept(&data).expect("a secret"))
            })
            .collect();

        let keys = threads.into_iter().map(|each| each.join().expect("a key"));
        let later = kept(&data).expect("the same secret");
        assert!(keys.into_iter().all(|key| key == later));
        assert!(later != random());
        let files: Vec<_> = fs::read_dir(&data).expect("files").collect();
        assert_eq!(files.len(), 1, "nothing else is left: {files:?}");
    }

    #[test]
    fn the_file_is_its_owners_alone() {
        let folder = TempDir::new().expect("a folder");
        kept(folder.path()).expect("a secret");

        let file = fs::metadata(folder.path().join("secret_key")).expect("the file");
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_cannot_be_used_is_named_and_kept() {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("secret_key");
        for content in ["", "hunter2", &format!("hunter2{}", " ".repeat(40))] {
            fs::write(&path, content).expect("written");

            let said = words(kept(folder.path()));

            assert!(
                said.contains("secret_key") && !said.contains("hunter2"),
                "{said}"
            );
            assert_eq!(fs::read_to_string(&path).expect("still there"), content);
        }
        let below_a_file = words(kept(&path.join("var")));
        assert!(below_a_file.contains("secret_key/var"), "{below_a_file}");
    }
}
