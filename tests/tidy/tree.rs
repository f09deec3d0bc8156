//! The repository's files.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders of the root that hold what was built, fetched or produced by running.
const NOT_OURS: [&str; 3] = ["target", "vendor", "data"];

/// Hidden folders that are part of the repository; all others are somebody's tools.
const HIDDEN: [&str; 2] = [".ci", ".github"];

/// A text file of the repository.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the repository's root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// Whether it lies in `folder`, or is the module file of that name.
    pub(crate) fn is_under(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    }

    /// Whether it is a test of its own rather than part of the product.
    pub(crate) fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/")
    }
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Text of the file at `path`.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every text file whose name ends with one of `endings`, in a stable order.
pub(crate) fn files(endings: &[&str]) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root(), &mut paths);
    paths.sort();
    let wanted = |path: &&PathBuf| {
        path.file_name().is_some_and(|name| {
            let name = name.to_string_lossy();
            endings.iter().any(|ending| name.ends_with(ending))
        })
    };
    let found: Vec<Source> = paths.iter().filter(wanted).filter_map(|path| source(path)).collect();
    assert!(!found.is_empty(), "no {endings:?} files: the walk is broken");
    found
}

/// Every Rust file.
pub(crate) fn rust() -> Vec<Source> {
    files(&[".rs"])
}

fn source(path: &Path) -> Option<Source> {
    let inside = path.strip_prefix(root()).ok()?;
    // What is no UTF-8 is no text.
    let text = fs::read_to_string(path).ok()?;
    Some(Source { path: inside.to_string_lossy().replace('\\', "/"), text })
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().unwrap();
        let hidden = name.starts_with('.') && !HIDDEN.contains(&name.as_str());
        let produced = folder == root() && NOT_OURS.contains(&name.as_str());
        if kind.is_dir() && !hidden && !produced {
            collect(&entry.path(), paths);
        } else if kind.is_file() {
            paths.push(entry.path());
        }
    }
}
