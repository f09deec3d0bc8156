//! The `preprocess` stage as a service of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    common::service::main(preprocess::worker_main, |config, program| {
        Ok(preprocess::Preprocess::new(config, program))
    })
}
