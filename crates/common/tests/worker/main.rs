//! The process pool against real child processes.
//!
//! Without libtest's harness, since a child is this same program: it must not print before its
//! `main` knows which of the two it is.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test; clippy knows only those of libtest's harness"
)]

mod attempt;
mod confinement;
mod failure;
mod lease;
mod probe;
mod rogue;
mod sandbox;
mod world;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let role = std::env::args().nth(1).unwrap_or_default();
    match role.as_str() {
        "probe" => common::worker::run_child::<probe::Probe>(),
        "rogue" => rogue::misbehave(&std::env::args().nth(2).unwrap_or_default()),
        "probe-without" => sandbox::be_without(&std::env::args().nth(2).unwrap_or_default()),
        "heir" => confinement::be_an_heir(),
        "parent" => confinement::be_a_parent(),
        _ => {
            let groups = [
                lease::trials,
                failure::trials,
                confinement::trials,
                sandbox::trials,
                rogue::trials,
            ];
            let trials = groups.into_iter().flat_map(|trials| trials()).collect();
            libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
        }
    }
}
