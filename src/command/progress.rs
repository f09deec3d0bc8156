//! A bar on the terminal; nothing where standard error is a file or a pipe.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::CommandError;
use super::console::printable;

/// Between two looks of the clock on the bar.
const TICK: Duration = Duration::from_millis(200);

/// How many files have ended, and what was last heard of one.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many files.
    pub(crate) fn new(files: usize) -> Self {
        let bar = ProgressBar::new(files as u64);
        // Otherwise a file that takes minutes looks like a program that hangs.
        bar.enable_steady_tick(TICK);
        // A template that does not parse leaves the default bar.
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {wide_msg}")
        {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// What is heard of a file.
    pub(crate) fn note(&self, file: &str, state: &str) {
        self.0.set_message(printable(&format!("{file}: {state}")));
    }

    /// A file has ended.
    pub(crate) fn ended(&self) {
        self.0.inc(1);
    }

    /// Prints without tearing the bar.
    ///
    /// # Errors
    /// Those of `print`.
    pub(crate) fn suspend(
        &self,
        print: impl FnOnce() -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        self.0.suspend(print)
    }

    /// Makes room for the answer.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
