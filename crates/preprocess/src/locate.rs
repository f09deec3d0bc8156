//! Where libpdfium.so is.

use std::path::{Path, PathBuf};

/// File name of the library.
const FILE: &str = "libpdfium.so";

/// Absolute path of PDFium: the one configured, else the first found beside this program, in
/// `../lib`, and in `vendor/lib` of the build tree or the working folder. Empty when there is
/// none, which leaves it to the dynamic loader.
pub(crate) fn pdfium(configured: &str) -> String {
    let absolute = |path: &Path| std::path::absolute(path).ok();
    let path = if configured.is_empty() {
        folders().into_iter().map(|folder| folder.join(FILE)).find(|path| path.is_file())
    } else {
        Some(PathBuf::from(configured))
    };
    let path = path.and_then(|path| absolute(&path)).unwrap_or_default();
    path.to_string_lossy().into_owned()
}

fn folders() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let program = std::env::current_exe().ok();
    if let Some(beside) = program.as_deref().and_then(Path::parent) {
        folders.push(beside.to_path_buf());
        folders.push(beside.join("../lib"));
        // The program is in target/release of the build tree.
        folders.push(beside.join("../../vendor/lib"));
    }
    folders.push(PathBuf::from("vendor/lib"));
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_path_becomes_absolute_and_is_not_second_guessed() {
        assert_eq!(pdfium("/opt/none/libpdfium.so"), "/opt/none/libpdfium.so");
        assert!(Path::new(&pdfium("lib/libpdfium.so")).is_absolute());
    }
}
