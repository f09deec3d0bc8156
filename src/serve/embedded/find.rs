//! Finds a nats-server that is new enough.

use std::path::{Path, PathBuf};
use std::process::Command;

use common::service::{self, StartError};

/// Oldest usable version: before 2.12.5 a replicated work queue loses messages whose deliveries
/// are exhausted (nats-server issue 7817).
pub(crate) const OLDEST: (u32, u32, u32) = (2, 12, 5);

/// The executable's name.
const NAME: &str = "nats-server";

/// The configured executable, or the first one found: beside this program, in a `vendor/bin` above
/// it or in the current folder, on `PATH`.
///
/// # Errors
/// [`StartError::NatsServer`] naming the command that installs it.
pub(super) fn nats_server(configured: &str) -> Result<PathBuf, StartError> {
    let found = if configured.is_empty() { search() } else { Some(PathBuf::from(configured)) };
    let Some(path) = found else {
        let reason = "not found; `scripts/setup` installs it into vendor/bin, or set \
                      broker.nats_server, or use a broker of your own with --nats-url";
        return Err(StartError::NatsServer { reason: reason.to_owned() });
    };
    let version = version_of(&path)?;
    if version < OLDEST {
        let (path, old) = (path.display(), dotted(OLDEST));
        let reason = format!("{path} is version {}, needed is {old} or newer", dotted(version));
        return Err(StartError::NatsServer { reason });
    }
    Ok(path)
}

#[expect(clippy::disallowed_methods, reason = "PATH is where programs are found, not a setting")]
fn search() -> Option<PathBuf> {
    let own = service::own_path().ok()?;
    let beside = own.parent().map(|folder| folder.join(NAME));
    let above = own.ancestors().map(|folder| folder.join("vendor/bin").join(NAME));
    let here = Path::new("vendor/bin").join(NAME);
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> =
        std::env::split_paths(&on_path).map(|folder| folder.join(NAME)).collect();
    beside
        .into_iter()
        .chain(above)
        .chain([here])
        .chain(on_path)
        .find(|candidate| candidate.is_file())
        .and_then(|found| found.canonicalize().ok())
}

fn version_of(program: &Path) -> Result<(u32, u32, u32), StartError> {
    let shown = program.display();
    let failed = |reason: String| StartError::NatsServer { reason };
    let output = Command::new(program).arg("--version").output();
    let output = output.map_err(|error| failed(format!("{shown} cannot be run: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse_version(&text).ok_or_else(|| failed(format!("{shown} does not tell its version")))
}

/// `nats-server: v2.14.6` → `(2, 14, 6)`; so is what a server says of itself, `2.14.6`.
pub(crate) fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let version = text.split('v').next_back()?.trim();
    let mut numbers = version.split(['.', '-']).map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??, numbers.next()??))
}

fn dotted((major, minor, patch): (u32, u32, u32)) -> String {
    format!("{major}.{minor}.{patch}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_server_prints_them() {
        assert_eq!(parse_version("nats-server: v2.14.6\n"), Some((2, 14, 6)));
        assert_eq!(parse_version("nats-server: v2.15.0-beta.1\n"), Some((2, 15, 0)));
        assert_eq!(parse_version("2.12.5"), Some((2, 12, 5)));
        assert_eq!(parse_version("nonsense"), None);
    }
}
