//! The gateway as a service of its own.

use std::process::ExitCode;

use common::metrics::Metrics;
use common::service;

fn main() -> ExitCode {
    service::main_without_workers(async |broker, config, stop| {
        let listener = gateway::listen(&config.gateway).await?;
        // All that serves a connection is in it: too much for the stack of whoever waits.
        Box::pin(gateway::run(listener, broker, config, Metrics::default(), stop)).await
    })
}
