//! The users' keys: a file with a seed for each, readable by its owner alone, never overwritten.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nkeys::{KeyPair, KeyPairType};
use thiserror::Error;

use super::Role;

/// Ending of files with a seed.
const SEED: &str = ".nk";

/// What is appended to the file of a key that was replaced and is still good.
const PREVIOUS: &str = ".previous";

/// Readable by whoever made it alone.
const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;

/// A seed that cannot be read or written.
#[derive(Debug, Error)]
pub enum SeedError {
    /// A file or folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that does not hold what its name says.
    #[error("{0}: it does not hold the seed of a user's nkey")]
    NoSeed(PathBuf),
    /// Something is there that would be overwritten.
    #[error("{0} is there already: remove it once nobody uses that key any more")]
    Exists(PathBuf),
    /// A key cannot be made.
    #[error("no key could be made: {0}")]
    Key(String),
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// As the broker's configuration has it.
    pub public: String,
    /// Whether it was replaced by a newer one.
    pub previous: bool,
}

/// A user with its keys; the seeds stay in their files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Who it is.
    pub role: Role,
    /// The present one, and the one before it while its file is there.
    pub keys: Vec<Key>,
    /// Whether the present one was made just now.
    pub made: bool,
}

/// File with the seed of `role` in `folder`.
#[must_use]
pub fn seed_path(folder: &Path, role: &Role) -> PathBuf {
    folder.join(format!("{role}{SEED}"))
}

/// File with the seed that `role` had before.
#[must_use]
pub fn previous(folder: &Path, role: &Role) -> PathBuf {
    folder.join(format!("{role}{SEED}{PREVIOUS}"))
}

/// Everybody who has a seed in `folder`, and everybody in `wanted`: who has none gets one, who is in
/// `rotated` gets another.
///
/// # Errors
/// [`SeedError`]; seeds that were made before stay.
pub fn users(folder: &Path, wanted: &[Role], rotated: &[Role]) -> Result<Vec<User>, SeedError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(PRIVATE_FOLDER);
    builder.create(folder).map_err(|source| failed(folder, source))?;
    let mut roles = known(folder)?;
    roles.extend(wanted.iter().cloned());
    roles.sort();
    roles.dedup();
    roles.into_iter().map(|role| user(folder, role, rotated)).collect()
}

/// Who has a seed in `folder`.
fn known(folder: &Path) -> Result<Vec<Role>, SeedError> {
    let mut roles = Vec::new();
    for entry in fs::read_dir(folder).map_err(|source| failed(folder, source))? {
        let name = entry.map_err(|source| failed(folder, source))?.file_name();
        let role = name.to_str().and_then(|name| name.strip_suffix(SEED)?.parse().ok());
        roles.extend(role);
    }
    Ok(roles)
}

fn user(folder: &Path, role: Role, rotated: &[Role]) -> Result<User, SeedError> {
    let (present, before) = (seed_path(folder, &role), previous(folder, &role));
    if rotated.contains(&role) {
        set_aside(&present, &before)?;
    }
    let (public, made) = match read(&present)? {
        Some(public) => (public, false),
        None => (make(&present)?, true),
    };
    let mut keys = vec![Key { public, previous: false }];
    keys.extend(read(&before)?.map(|public| Key { public, previous: true }));
    Ok(User { role, keys, made })
}

/// The key in use becomes the previous one, which stays good until its file is removed.
fn set_aside(present: &Path, before: &Path) -> Result<(), SeedError> {
    match fs::hard_link(present, before) {
        Ok(()) => fs::remove_file(present).map_err(|source| failed(present, source)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(SeedError::Exists(before.to_owned()))
        }
        Err(source) => Err(failed(present, source)),
    }
}

/// The public key of the seed in a file; `None` when there is none.
fn read(path: &Path) -> Result<Option<String>, SeedError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(failed(path, source)),
    };
    match KeyPair::from_seed(text.trim()) {
        Ok(pair) if matches!(pair.key_pair_type(), KeyPairType::User) => {
            Ok(Some(pair.public_key()))
        }
        _ => Err(SeedError::NoSeed(path.to_owned())),
    }
}

fn make(path: &Path) -> Result<String, SeedError> {
    let pair = KeyPair::new_user();
    let seed = pair.seed().map_err(|error| SeedError::Key(error.to_string()))?;
    let written = OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(path);
    let written = written.and_then(|mut file| {
        writeln!(file, "{seed}")?;
        file.sync_all()
    });
    written.map_err(|source| failed(path, source))?;
    Ok(pair.public_key())
}

fn failed(path: &Path, source: std::io::Error) -> SeedError {
    SeedError::File { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn own() -> Vec<Role> {
        Role::own().collect()
    }

    #[test]
    fn each_user_gets_a_seed_of_its_own_that_nobody_else_can_read_and_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("users");
        let made = users(&folder, &own(), &[]).unwrap();
        assert!(made.iter().all(|user| user.made && user.keys.len() == 1));
        let mut keys: Vec<_> = made.iter().map(|user| &user.keys[0].public).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 6);
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        for user in &made {
            let mode = fs::metadata(seed_path(&folder, &user.role)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", user.role);
        }
        let again = users(&folder, &own(), &[]).unwrap();
        assert!(again.iter().all(|user| !user.made));
        assert_eq!(again[1].keys, made[1].keys);
    }

    #[test]
    fn subscribers_are_remembered_by_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let books: Role = "subscriber.books.dahu".parse().unwrap();
        users(folder.path(), std::slice::from_ref(&books), &[]).unwrap();
        let known = users(folder.path(), &own(), &[]).unwrap();
        assert!(known.iter().any(|user| user.role == books && !user.made));
    }

    #[test]
    fn a_key_that_is_replaced_stays_good_until_its_file_is_removed() {
        let (folder, ocr) = (tempfile::tempdir().unwrap(), "ocr".parse::<Role>().unwrap());
        let only = std::slice::from_ref(&ocr);
        let before = users(folder.path(), only, &[]).unwrap().remove(0);
        let after = users(folder.path(), only, only).unwrap().remove(0);
        assert!(after.made);
        assert_eq!(after.keys.len(), 2);
        assert_ne!(after.keys[0], before.keys[0]);
        assert_eq!(after.keys[1], Key { previous: true, ..before.keys[0].clone() });
        let refused = users(folder.path(), only, only).unwrap_err();
        assert!(matches!(refused, SeedError::Exists(_)), "{refused}");
        fs::remove_file(previous(folder.path(), &ocr)).unwrap();
        let alone = users(folder.path(), only, &[]).unwrap().remove(0);
        assert_eq!(alone.keys, after.keys[..1]);
    }

    #[test]
    fn a_file_that_holds_no_seed_is_named_and_left() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ocr.nk"), "mine").unwrap();
        let error = users(folder.path(), &own(), &[]).unwrap_err().to_string();
        assert!(error.contains("ocr.nk: it does not hold"), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("ocr.nk")).unwrap(), "mine");
    }
}
