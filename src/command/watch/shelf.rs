//! Where files go when they are done: each with its result beside it, and no file is ever replaced.
//!
//! In this order: the result is on disk, then the file moves. Whatever dies in between leaves the file in the
//! watched folder, and the next run writes the same result again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FlockOperation, RenameFlags, flock, renameat_with};
use rustix::io::Errno;
use serde_json::{Map, Value};

use super::pending::Signature;
use crate::command::CommandError;
use crate::command::whole::{self, with_suffix};

/// Names that are tried for one file: a folder with more of the same name is a sign of something else.
const MAX_NAMES: u32 = 10_000;

/// A folder for files that are done.
#[derive(Debug)]
pub(super) struct Shelf(PathBuf);

/// A file that could not be moved, and is where it was.
#[derive(Debug)]
pub(super) enum PutError {
    /// It is not the file that was read any more.
    Changed,
    /// What the system says.
    Io(String),
}

/// Keeps others from watching `folder` as long as what is returned lives.
///
/// # Errors
/// [`CommandError::Usage`].
pub(super) fn lock(folder: &Path) -> Result<File, CommandError> {
    let unusable = |why: &str| CommandError::Usage(format!("{}: {why}", folder.display()));
    if !folder.is_dir() {
        return Err(unusable("no such folder; `invoice-ocr events` follows events"));
    }
    let file = File::open(folder).map_err(|error| unusable(&error.to_string()))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(unusable("another `invoice-ocr watch` is at work there")),
        // A share without locks: two would only do the same work twice.
        Err(_) => Ok(file),
    }
}

/// What is printed and kept of a file that went to `to`: where it went comes after where it was.
pub(super) fn object(outcome: &Value, to: &Path) -> Value {
    let mut object = Map::new();
    for (key, value) in outcome.as_object().into_iter().flatten() {
        object.insert(key.clone(), value.clone());
        if key == "file" {
            object.insert("moved_to".to_owned(), to.display().to_string().into());
        }
    }
    Value::Object(object)
}

impl Shelf {
    /// Opens the folder, making it if it is not there.
    ///
    /// # Errors
    /// [`CommandError::Usage`].
    pub(super) fn open(folder: PathBuf) -> Result<Self, CommandError> {
        let made = fs::create_dir_all(&folder);
        made.map_err(|e| CommandError::Usage(format!("{}: {e}", folder.display())))?;
        Ok(Self(folder))
    }

    /// Moves the file at `path` here, if it still is the one with this signature, with `outcome` beside it.
    /// Returns where it is now.
    ///
    /// # Errors
    /// [`PutError`]; the file is where it was.
    pub(super) fn put(
        &self,
        path: &Path,
        signature: Signature,
        outcome: &Value,
    ) -> Result<PathBuf, PutError> {
        if !is_that(path, signature) {
            return Err(PutError::Changed);
        }
        for number in 1..MAX_NAMES {
            let to = self.0.join(numbered(path, number));
            if fs::symlink_metadata(&to).is_ok() {
                continue;
            }
            let result = with_suffix(&to, ".json");
            whole::write(&result, &format!("{:#}\n", object(outcome, &to)))?;
            match move_to(path, &to, signature) {
                Ok(()) => return Ok(to),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    drop(fs::remove_file(&result));
                    return match error.kind() {
                        io::ErrorKind::NotFound => Err(PutError::Changed),
                        _ => Err(error.into()),
                    };
                }
            }
        }
        Err(PutError::Io(format!("{}: too many files of this name", path.display())))
    }
}

impl From<io::Error> for PutError {
    fn from(error: io::Error) -> Self {
        Self::Io(error.to_string())
    }
}

/// Puts a file that nobody has read back where it is looked for, under another name if there is a newer one.
fn put_back(from: &Path, path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    for number in 1..MAX_NAMES {
        match rename(from, &folder.join(numbered(path, number))) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            ended => return ended,
        }
    }
    Err(io::Error::other(format!("{}: cannot be put back", from.display())))
}

/// `a.pdf`, then `a-2.pdf`.
fn numbered(path: &Path, number: u32) -> PathBuf {
    let name = Path::new(path.file_name().unwrap_or_default());
    if number == 1 {
        return name.to_owned();
    }
    let mut numbered = name.file_stem().unwrap_or_default().to_owned();
    numbered.push(format!("-{number}"));
    if let Some(extension) = name.extension() {
        numbered.push(".");
        numbered.push(extension);
    }
    numbered.into()
}

/// Moves the file with this signature, also onto another file system, and replaces nothing.
///
/// # Errors
/// `NotFound` where another file has taken its place, even in the last moment; that one is where it was.
fn move_to(from: &Path, to: &Path, signature: Signature) -> io::Result<()> {
    match rename(from, to) {
        Ok(()) if is_that(to, signature) => Ok(()),
        Ok(()) => {
            put_back(to, from)?;
            Err(io::ErrorKind::NotFound.into())
        }
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            move_bytes(from, to, signature)
        }
        Err(error) => Err(error),
    }
}

fn move_bytes(from: &Path, to: &Path, signature: Signature) -> io::Result<()> {
    let unfinished = with_suffix(to, ".part");
    fs::copy(from, &unfinished)?;
    File::open(&unfinished)?.sync_all()?;
    // Under a name that nobody else writes to, it is compared once more.
    let name = from.file_name().unwrap_or_default().to_string_lossy();
    let aside = from.with_file_name(format!(".{name}.moving"));
    rename(from, &aside)?;
    if !is_that(&aside, signature) {
        put_back(&aside, from)?;
        drop(fs::remove_file(&unfinished));
        return Err(io::ErrorKind::NotFound.into());
    }
    if let Err(error) = rename(&unfinished, to) {
        put_back(&aside, from)?;
        drop(fs::remove_file(&unfinished));
        return Err(error);
    }
    // The copy has to be on disk, name and all, before the original goes.
    if let Some(folder) = to.parent() {
        File::open(folder)?.sync_all()?;
    }
    fs::remove_file(&aside)
}

fn is_that(path: &Path, signature: Signature) -> bool {
    Signature::of(path).is_ok_and(|now| now == signature)
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Some network file systems cannot promise not to replace; there is one `watch` on a folder.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) if fs::symlink_metadata(to).is_err() => {
            fs::rename(from, to)
        }
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            Err(io::ErrorKind::AlreadyExists.into())
        }
        ended => ended.map_err(io::Error::from),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn folders() -> (tempfile::TempDir, PathBuf, Shelf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pdf");
        fs::write(&file, "one").unwrap();
        let shelf = Shelf::open(folder.path().join("done")).unwrap();
        (folder, file, shelf)
    }

    #[test]
    fn a_file_moves_with_its_result_and_replaces_nothing() {
        let (folder, file, shelf) = folders();
        let outcome = json!({"file": "a.pdf", "id": "ab"});
        let first = shelf.put(&file, Signature::of(&file).unwrap(), &outcome).unwrap();
        fs::write(&file, "two").unwrap();
        let second = shelf.put(&file, Signature::of(&file).unwrap(), &outcome).unwrap();
        let done = folder.path().join("done");
        assert_eq!((&first, &second), (&done.join("a.pdf"), &done.join("a-2.pdf")));
        assert_eq!(fs::read_to_string(&first).unwrap(), "one");
        assert_eq!(fs::read_to_string(&second).unwrap(), "two");
        let kept: Value =
            serde_json::from_slice(&fs::read(done.join("a-2.pdf.json")).unwrap()).unwrap();
        assert_eq!(kept["moved_to"], second.display().to_string());
        assert!(!file.exists());
    }

    #[test]
    fn a_result_whose_file_did_not_follow_is_written_again() {
        let (folder, file, shelf) = folders();
        // As a run leaves it that was killed between the two.
        fs::write(folder.path().join("done/a.pdf.json"), "{}").unwrap();
        let to = shelf.put(&file, Signature::of(&file).unwrap(), &json!({"id": "ab"})).unwrap();
        assert_eq!(to, folder.path().join("done/a.pdf"));
        let kept = fs::read_to_string(folder.path().join("done/a.pdf.json")).unwrap();
        assert!(kept.contains("ab"), "{kept}");
    }

    #[test]
    fn a_file_that_was_written_to_meanwhile_stays() {
        let (folder, file, shelf) = folders();
        let signature = Signature::of(&file).unwrap();
        fs::write(&file, "longer").unwrap();
        let put = shelf.put(&file, signature, &json!({}));
        assert!(matches!(put, Err(PutError::Changed)), "{put:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "longer");
        assert_eq!(fs::read_dir(folder.path().join("done")).unwrap().count(), 0);
    }

    #[test]
    fn a_file_that_nobody_read_is_put_back_beside_a_newer_one() {
        let (folder, file, _) = folders();
        let moved = folder.path().join("done/a.pdf");
        fs::write(&moved, "unread").unwrap();
        put_back(&moved, &file).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("a-2.pdf")).unwrap(), "unread");
        assert_eq!(fs::read_to_string(&file).unwrap(), "one");
    }

    #[test]
    fn a_file_that_took_the_place_of_the_one_that_was_read_is_not_moved() {
        let (folder, file, _) = folders();
        let signature = Signature::of(&file).unwrap();
        fs::remove_file(&file).unwrap();
        fs::write(folder.path().join("other"), "another").unwrap();
        fs::rename(folder.path().join("other"), &file).unwrap();
        let to = folder.path().join("done/a.pdf");
        for moved in [move_to(&file, &to, signature), move_bytes(&file, &to, signature)] {
            assert_eq!(moved.unwrap_err().kind(), io::ErrorKind::NotFound);
            assert_eq!(fs::read_to_string(&file).unwrap(), "another");
            assert_eq!(fs::read_dir(folder.path().join("done")).unwrap().count(), 0);
        }
    }

    #[test]
    fn a_file_moves_to_another_file_system_byte_for_byte() {
        let (folder, file, _) = folders();
        let to = folder.path().join("done/a.pdf");
        move_bytes(&file, &to, Signature::of(&file).unwrap()).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "one");
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "only the folder: {left:?}");
    }

    #[test]
    fn a_folder_is_watched_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        assert!(lock(folder.path()).unwrap_err().to_string().contains("another"));
        drop(first);
        lock(folder.path()).unwrap();
        assert!(lock(&folder.path().join("none")).is_err());
    }
}
