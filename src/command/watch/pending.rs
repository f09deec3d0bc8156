//! What lies in the folder, and which of it is complete.

use std::collections::{HashMap, HashSet};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::command::source::is_hidden;

/// How names end while their file is still being written, by browsers, copying programs and scanners.
const UNFINISHED: [&str; 8] =
    ["part", "partial", "tmp", "temp", "crdownload", "download", "filepart", "swp"];

/// Tells one state of a file from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    inode: u64,
    bytes: u64,
    /// When its content changed last, nanoseconds.
    changed: i128,
}

impl Signature {
    /// That of the file at `path`.
    ///
    /// # Errors
    /// Where there is none.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        fs::symlink_metadata(path).map(|about| Self::from(&about))
    }
}

impl From<&Metadata> for Signature {
    fn from(about: &Metadata) -> Self {
        const NANOSECONDS: i128 = 1_000_000_000;
        let changed = i128::from(about.mtime()) * NANOSECONDS + i128::from(about.mtime_nsec());
        Self { inode: about.ino(), bytes: about.size(), changed }
    }
}

/// Files in `folder` that may be documents, by name. Links are left alone: what they lead to is somebody else's.
///
/// # Errors
/// Where the folder cannot be read.
pub(super) fn look(folder: &Path) -> io::Result<Vec<(PathBuf, Signature)>> {
    let mut there = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Gone again, which is no trouble.
        let Ok(about) = fs::symlink_metadata(&path) else { continue };
        if about.is_file() && about.len() > 0 && !is_hidden(&path) && !is_unfinished(&path) {
            there.push((path, Signature::from(&about)));
        }
    }
    there.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(there)
}

fn is_unfinished(path: &Path) -> bool {
    let ends = |extension: &std::ffi::OsStr| {
        UNFINISHED.iter().any(|unfinished| extension.eq_ignore_ascii_case(unfinished))
    };
    path.extension().is_some_and(ends)
        || path.file_name().is_some_and(|name| name.as_encoded_bytes().ends_with(b"~"))
}

/// Files that wait until they are complete, or for another try.
#[derive(Debug)]
pub(super) struct Pending {
    settle: Duration,
    seen: HashMap<PathBuf, Seen>,
    given_up: HashSet<PathBuf>,
}

#[derive(Debug)]
struct Seen {
    signature: Signature,
    /// Since when it is as it is, or when it may be tried again.
    ready_at: Instant,
}

impl Pending {
    /// Files are complete once they have not changed for `settle`.
    pub(super) fn after(settle: Duration) -> Self {
        Self { settle, seen: HashMap::new(), given_up: HashSet::new() }
    }

    /// Which of the files that are `there` are complete and not `busy`.
    pub(super) fn ready(
        &mut self,
        there: Vec<(PathBuf, Signature)>,
        now: Instant,
        busy: &HashSet<PathBuf>,
    ) -> Vec<(PathBuf, Signature)> {
        let names: HashSet<&PathBuf> = there.iter().map(|(path, _)| path).collect();
        self.seen.retain(|path, _| names.contains(path));
        let mut ready = Vec::new();
        for (path, signature) in there {
            if busy.contains(&path) || self.given_up.contains(&path) {
                continue;
            }
            let fresh = Seen { signature, ready_at: now + self.settle };
            let seen = self.seen.entry(path.clone()).or_insert(fresh);
            if seen.signature != signature {
                *seen = Seen { signature, ready_at: now + self.settle };
            }
            if seen.ready_at <= now {
                ready.push((path, signature));
            }
        }
        ready
    }

    /// Nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.seen.keys().all(|path| self.given_up.contains(path))
    }

    /// What is there under this name next is another file.
    pub(super) fn forget(&mut self, path: &Path) {
        self.seen.remove(path);
    }

    /// The file is tried again, but not before `at`.
    pub(super) fn postpone(&mut self, path: &Path, at: Instant) {
        if let Some(seen) = self.seen.get_mut(path) {
            seen.ready_at = at;
        }
    }

    /// The file is not tried again.
    pub(super) fn give_up(&mut self, path: &Path) {
        self.given_up.insert(path.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLE: Duration = Duration::from_secs(2);

    fn there(bytes: u64) -> Vec<(PathBuf, Signature)> {
        vec![("a.pdf".into(), Signature { inode: 1, bytes, changed: 0 })]
    }

    #[test]
    fn a_file_is_complete_once_it_has_not_changed_for_a_while() {
        let (mut pending, start, nobody) = (Pending::after(SETTLE), Instant::now(), HashSet::new());
        let mut at = |seconds, bytes| {
            let now = start + Duration::from_secs(seconds);
            pending.ready(there(bytes), now, &nobody).len()
        };
        // It grows until the third second.
        let seen = [at(0, 1), at(1, 1), at(2, 5), at(3, 9), at(4, 9), at(5, 9)];
        assert_eq!(seen, [0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn what_is_busy_or_postponed_is_not_handed_out_again() {
        let mut pending = Pending::after(Duration::ZERO);
        let (now, path) = (Instant::now(), PathBuf::from("a.pdf"));
        assert_eq!(pending.ready(there(1), now, &HashSet::new()).len(), 1);
        let busy = HashSet::from([path.clone()]);
        assert!(pending.ready(there(1), now, &busy).is_empty());
        pending.postpone(&path, now + SETTLE);
        assert!(pending.ready(there(1), now, &HashSet::new()).is_empty());
        assert_eq!(pending.ready(there(1), now + SETTLE, &HashSet::new()).len(), 1);
        pending.give_up(&path);
        assert!(pending.ready(there(1), now + SETTLE, &HashSet::new()).is_empty());
        assert!(pending.is_empty());
    }

    #[test]
    fn unfinished_hidden_and_empty_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.pdf.part", ".b.pdf", "c.PDF.CRDOWNLOAD", "d.pdf~", "good.pdf"] {
            fs::write(folder.path().join(name), "%PDF").unwrap();
        }
        fs::write(folder.path().join("empty.pdf"), "").unwrap();
        fs::create_dir(folder.path().join("done")).unwrap();
        let seen = look(folder.path()).unwrap();
        let names: Vec<_> = seen.iter().map(|(path, _)| path.file_name().unwrap()).collect();
        assert_eq!(names, ["good.pdf"]);
    }
}
