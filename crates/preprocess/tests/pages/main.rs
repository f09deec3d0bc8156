//! The stage with real workers and the real PDFium.
//!
//! Without libtest's harness, since a worker is this same program.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test; clippy knows only those of libtest's harness"
)]

mod broken;
mod images;
mod layers;
mod memory;
mod paper;
mod sandbox;
mod shared;
mod sound;
mod trouble;
mod vector;
mod world;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("worker") {
        return preprocess::worker_main();
    }
    let groups = [
        vector::trials,
        images::trials,
        trouble::trials,
        broken::trials,
        sandbox::trials,
        sound::trials,
        memory::trials,
        shared::trials,
    ];
    let trials = groups.into_iter().flat_map(|trials| trials()).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
