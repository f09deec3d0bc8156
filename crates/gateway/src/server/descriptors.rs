//! How many files the process may have open, held against how many connections it takes.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors for everything but connections: pipes of worker processes, the broker's connection,
/// the log, files that are read, and connections that find no place.
const OTHERS: u64 = 512;

/// Raises the soft limit to the hard one, and says how many of `wanted` connections fit.
///
/// The soft limit is low on many systems for the sake of programs that use `select`, and nobody
/// here does.
pub(super) fn make_room(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, "the limit of open files cannot be raised");
        }
    }
    let open_files = getrlimit(Resource::Nofile).current;
    let fit = fitting(wanted, open_files);
    if fit < wanted {
        tracing::warn!(
            configured = wanted,
            connections = fit,
            open_files,
            "fewer connections than configured: the process may not open enough files"
        );
    }
    fit
}

/// Connections within `open_files` (`None`: no limit); at least one.
fn fitting(wanted: usize, open_files: Option<u64>) -> usize {
    let Some(open_files) = open_files else { return wanted };
    let room = open_files.saturating_sub(OTHERS.min(open_files / 2));
    wanted.min(usize::try_from(room).unwrap_or(usize::MAX)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        assert_eq!(fitting(4096, None), 4096);
        assert_eq!(fitting(4096, Some(1_048_576)), 4096);
        assert_eq!(fitting(4096, Some(4096)), 3584);
        assert_eq!(fitting(4096, Some(256)), 128);
        assert_eq!(fitting(4096, Some(0)), 1);
    }
}
