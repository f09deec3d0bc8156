//! The stage with real workers and the real Tesseract.
//!
//! Without libtest's harness, since a worker is this same program.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test; clippy knows only those of libtest's harness"
)]

mod fixtures;
mod pages;
mod trouble;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("worker") {
        return ocr::worker_main();
    }
    let trials = [pages::trials(), trouble::trials()].into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
