//! What a command is given to work on: files, folders, patterns, standard input.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use glob::MatchOptions;

use common::page::MediaType;

use super::CommandError;

/// Stands for standard input.
const STDIN: &str = "-";

/// First bytes of a file, enough to recognise any type.
pub(crate) const HEAD_BYTES: u64 = 64;

/// Hidden files are not meant by a star.
const AS_SHELLS_DO: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// Where a document comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// What was found for the arguments of a command.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sources {
    /// In the order of the arguments; what is in a folder by name.
    pub(crate) all: Vec<Source>,
    /// Files in folders that are no documents.
    pub(crate) left_out: usize,
}

impl Source {
    /// As it is shown.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Stdin => STDIN.to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// The file's own name.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Stdin => None,
            Self::File(path) => Some(path.file_name()?.to_string_lossy().into_owned()),
        }
    }
}

impl Sources {
    /// What `given` names: each file, the documents in each folder and the folders in it, what fits each
    /// pattern, which a shell that knows none hands on as it is. `-` is standard input.
    ///
    /// A file that is named is taken whatever it is; in folders the first bytes decide.
    ///
    /// # Errors
    /// [`CommandError::Usage`] for what is not there: most likely a slip, and half of what was meant would be
    /// done.
    pub(crate) fn find(given: &[PathBuf]) -> Result<Self, CommandError> {
        let mut found = Self::default();
        for path in given {
            if path.as_os_str() == STDIN {
                found.stdin()?;
            } else if path.exists() {
                found.add(path.clone())?;
            } else {
                found.fitting(path)?;
            }
        }
        Ok(found)
    }

    fn stdin(&mut self) -> Result<(), CommandError> {
        if self.all.contains(&Source::Stdin) {
            return Err(CommandError::Usage("`-` is given twice; it can be read once".to_owned()));
        }
        self.all.push(Source::Stdin);
        Ok(())
    }

    fn add(&mut self, path: PathBuf) -> Result<(), CommandError> {
        if path.is_dir() {
            return self.walk(&path);
        }
        self.all.push(Source::File(path));
        Ok(())
    }

    fn fitting(&mut self, pattern: &Path) -> Result<(), CommandError> {
        let missing = |why: &str| CommandError::Usage(format!("{}: {why}", pattern.display()));
        let text = pattern.to_str().filter(|text| text.contains(['*', '?', '[']));
        let text = text.ok_or_else(|| missing("no such file or folder"))?;
        let found =
            glob::glob_with(text, AS_SHELLS_DO).map_err(|error| missing(&error.to_string()))?;
        let mut any = false;
        for path in found {
            self.add(path.map_err(|error| missing(&error.to_string()))?)?;
            any = true;
        }
        if any { Ok(()) } else { Err(missing("no file fits this pattern")) }
    }

    /// Hidden files are somebody's notes or half written; links to folders may lead round in a circle.
    fn walk(&mut self, folder: &Path) -> Result<(), CommandError> {
        let unreadable =
            |error: std::io::Error| CommandError::Usage(format!("{}: {error}", folder.display()));
        let entries = fs::read_dir(folder).map_err(unreadable)?;
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(unreadable)?.path());
        }
        paths.sort();
        for path in paths.into_iter().filter(|path| !is_hidden(path)) {
            if path.is_dir() {
                if !path.is_symlink() {
                    self.walk(&path)?;
                }
            } else if is_document(&path) {
                self.all.push(Source::File(path));
            } else {
                self.left_out += 1;
            }
        }
        Ok(())
    }
}

/// Whether a file in a folder is meant. One that cannot be read is: better an error than a gap.
fn is_document(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return true };
    let mut head = Vec::new();
    if file.take(HEAD_BYTES).read_to_end(&mut head).is_err() {
        return true;
    }
    match MediaType::sniff(&head) {
        // So are drawings, feeds and settings.
        Some(MediaType::Xml) => path.extension().is_some_and(|e| e.eq_ignore_ascii_case("xml")),
        Some(MediaType::Pdf | MediaType::Jpeg | MediaType::Png) => true,
        None => false,
    }
}

/// Whether its name begins with a dot.
pub(crate) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        put("b.pdf", b"%PDF-1.7");
        put("a.unnamed", &[0xFF, 0xD8, 0xFF, 0xE0]);
        put("notes.pdf", b"not a PDF");
        put("drawing.svg", b"<?xml version='1.0'?><svg/>");
        put("2025/e.XML", b"<?xml version='1.0'?><Invoice/>");
        put(".hidden/c.pdf", b"%PDF-1.7");
        put(".part.pdf", b"%PDF-1.7");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("round")).unwrap();
        folder
    }

    fn names(found: &Sources, folder: &Path) -> Vec<String> {
        let below = |source: &Source| match source {
            Source::File(path) => path.strip_prefix(folder).unwrap().display().to_string(),
            Source::Stdin => "-".to_owned(),
        };
        found.all.iter().map(below).collect()
    }

    #[test]
    fn a_folder_is_its_documents_by_their_first_bytes() {
        let folder = folder();
        let found = Sources::find(&[folder.path().to_owned()]).unwrap();
        assert_eq!(names(&found, folder.path()), ["2025/e.XML", "a.unnamed", "b.pdf"]);
        assert_eq!(found.left_out, 2);
    }

    #[test]
    fn a_pattern_is_what_fits_it_and_a_named_file_is_taken_as_it_is() {
        let folder = folder();
        let given = ["*.pdf", "notes.pdf"].map(|name| folder.path().join(name));
        let found = Sources::find(&given).unwrap();
        // `.part.pdf` is hidden.
        assert_eq!(names(&found, folder.path()), ["b.pdf", "notes.pdf", "notes.pdf"]);
    }

    #[test]
    fn what_is_not_there_is_said_before_anything_is_done() {
        let folder = folder();
        for (name, why) in [("none.pdf", "no such file"), ("*.gif", "no file fits")] {
            let error = Sources::find(&[folder.path().join(name)]).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains(name), "{error}");
        }
    }

    #[test]
    fn standard_input_is_read_once() {
        assert_eq!(Sources::find(&[STDIN.into()]).unwrap().all, [Source::Stdin]);
        assert!(Sources::find(&[STDIN.into(), STDIN.into()]).is_err());
    }
}
