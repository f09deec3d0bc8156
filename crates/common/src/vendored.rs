//! Where native libraries and models are: what `scripts/setup` fetched, or an installation has.

use std::path::{Path, PathBuf};

/// Absolute path of the shared library `file`: the one `configured`, else the first found beside
/// this program, in `../lib`, and in `vendor/lib` of the build tree or the working folder. Empty
/// when there is none, which leaves it to the dynamic loader.
#[must_use]
pub fn library(configured: &str, file: &str) -> String {
    let places = ["", "../lib", "../../vendor/lib"];
    find(configured, &places, "vendor/lib", |folder| folder.join(file), Path::is_file)
}

/// Absolute path of the folder `name`, looked for in the same way; empty when there is none.
#[must_use]
pub fn folder(configured: &str, name: &str) -> String {
    let places = ["", "../lib", "../../vendor"];
    find(configured, &places, "vendor", |folder| folder.join(name), Path::is_dir)
}

/// `places` are relative to this program's folder: installed beside it, in the `lib` next to a
/// `bin`, and from target/release in the build tree.
fn find(
    configured: &str,
    places: &[&str],
    working: &str,
    named: impl Fn(&Path) -> PathBuf,
    is_right: impl Fn(&Path) -> bool,
) -> String {
    let path = if configured.is_empty() {
        let program = std::env::current_exe().ok();
        let beside = program.as_deref().and_then(Path::parent);
        let beside = beside.map(|folder| places.iter().map(|place| folder.join(place)).collect());
        let mut folders: Vec<PathBuf> = beside.unwrap_or_default();
        folders.push(PathBuf::from(working));
        folders.iter().map(|folder| named(folder)).find(|path| is_right(path))
    } else {
        Some(PathBuf::from(configured))
    };
    let path = path.and_then(|path| std::path::absolute(path).ok()).unwrap_or_default();
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configured_path_becomes_absolute_and_is_not_second_guessed() {
        assert_eq!(library("/opt/none/libx.so", "liby.so"), "/opt/none/libx.so");
        assert!(Path::new(&library("lib/libx.so", "libx.so")).is_absolute());
    }

    #[test]
    fn what_is_nowhere_is_left_to_the_loader() {
        assert_eq!(library("", "libnosuchthing.so"), "");
        assert_eq!(folder("", "no-such-folder"), "");
    }
}
