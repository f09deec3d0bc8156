//! Structured logs on standard error. Never holds content of documents.

use std::io::IsTerminal;

use thiserror::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::{Log, LogFormat};

/// The log cannot be started.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// `log.level` is no filter.
    #[error("log.level = {level}: {reason}")]
    BadFilter {
        /// The value seen.
        level: String,
        /// Why.
        reason: String,
    },
    /// The process logs already.
    #[error("the log is started already")]
    AlreadyStarted,
}

/// Starts the process's log.
///
/// # Errors
/// [`TelemetryError`].
pub fn start(log: &Log) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&log.level).map_err(|error| TelemetryError::BadFilter {
        level: log.level.clone(),
        reason: error.to_string(),
    })?;
    let spans = if log.spans { FmtSpan::CLOSE } else { FmtSpan::NONE };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(spans)
        .with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
    started.map_err(|_| TelemetryError::AlreadyStarted)
}
