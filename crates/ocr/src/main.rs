//! The `ocr` stage as a service of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::service::main(ocr::worker_main, ocr::Ocr::new)
}
