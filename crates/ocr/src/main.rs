//! The `ocr` stage as a service of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::service::main(ocr::worker_main, |config, program| Ok(ocr::Ocr::new(config, program)))
}
