//! The hints file on disk: read at the start, looked at before each document, never in the way of one.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use thiserror::Error;
use tracing::{info, warn};

use crate::hints::{Hints, HintsError};

/// Largest hints file, bytes: some thousand suppliers.
const MAX_BYTES: u64 = 1 << 20;

/// A hints file that cannot be used. The configuration's error names the file.
#[derive(Debug, Error)]
pub enum HintsFileError {
    /// It is not there or cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// It is some other file.
    #[error("it has more than {limit} bytes")]
    TooLarge {
        /// The most bytes that are read.
        limit: u64,
    },
    /// It is not written in UTF-8.
    #[error("it is no text in UTF-8")]
    NoText,
    /// Its rules cannot be used.
    #[error(transparent)]
    Invalid(#[from] HintsError),
}

/// Rules in a file that may change while the service runs.
#[derive(Debug)]
pub(crate) struct HintsFile {
    path: PathBuf,
    state: Mutex<State>,
    metrics: HintsMetrics,
}

#[derive(Debug)]
struct State {
    /// Of the file that was looked at last, whether it could be used or not; `None` where there was
    /// none.
    seen: Option<Stamp>,
    /// The last rules that could be used.
    hints: Arc<Hints>,
}

/// What changes when a file is written or replaced. Size and inode catch what happens within the
/// clock's granularity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: (i64, i64),
    changed: (i64, i64),
    size: u64,
    inode: u64,
}

impl Stamp {
    fn of(file: &Metadata) -> Self {
        Self {
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
            size: file.size(),
            inode: file.ino(),
        }
    }
}

impl HintsFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`HintsFileError`]: at the start there are no earlier rules to go on with.
    pub(crate) fn open(path: &Path) -> Result<Self, HintsFileError> {
        // Looked at first: what is written in between differs from it at the next look.
        let seen = fs::metadata(path).ok().map(|file| Stamp::of(&file));
        let state = Mutex::new(State { seen, hints: Arc::new(read(path)?) });
        Ok(Self { path: path.to_owned(), state, metrics: HintsMetrics::default() })
    }

    /// The rules in effect: those of the file, or the last ones that could be used.
    ///
    /// Blocks for a look at the file, and for reading it when it has changed.
    pub(crate) fn current(&self) -> Arc<Hints> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = fs::metadata(&self.path).ok().map(|file| Stamp::of(&file));
        if now == state.seen {
            return Arc::clone(&state.hints);
        }
        state.seen = now;
        // Said once for each change, not for each document.
        match read(&self.path) {
            Ok(hints) => {
                info!(suppliers = hints.suppliers(), "hints file read again");
                state.hints = Arc::new(hints);
                self.metrics.count(Reload::loaded);
            }
            Err(error) => {
                warn!(%error, "changed hints file cannot be used, the last good rules stay in effect");
                self.metrics.count(Reload::failed);
            }
        }
        Arc::clone(&state.hints)
    }

    /// Adds what is counted here to `registry`.
    pub(crate) fn register(&self, registry: &mut Registry) {
        let HintsMetrics { reloads, stale } = &self.metrics;
        let help = "Changes of the hints file, by whether it could be used";
        registry.register("hints_reloads", help, reloads.clone());
        let help = "1 while the hints file cannot be used and its last good rules are in effect";
        registry.register("hints_stale", help, stale.clone());
    }
}

/// Whether a changed file could be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "label values are written as they are named")]
enum Reload {
    loaded,
    failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabels {
    outcome: Reload,
}

#[derive(Debug, Default)]
struct HintsMetrics {
    reloads: Family<ReloadLabels, Counter>,
    stale: Gauge,
}

impl HintsMetrics {
    fn count(&self, outcome: Reload) {
        self.reloads.get_or_create(&ReloadLabels { outcome }).inc();
        self.stale.set(i64::from(outcome == Reload::failed));
    }
}

fn read(path: &Path) -> Result<Hints, HintsFileError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(HintsFileError::TooLarge { limit: MAX_BYTES });
    }
    let text = String::from_utf8(bytes).map_err(|_| HintsFileError::NoText)?;
    Ok(Hints::parse(&text)?)
}
