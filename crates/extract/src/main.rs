//! The `extract` stage as a service of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Pure Rust on words: nothing here needs a worker process.
    common::service::main(
        || ExitCode::FAILURE,
        |config, _| Ok(extract::stage::Extract::new(config)?),
    )
}
