//! Structured logs on standard error, and spans for whoever collects them. Never holds content of
//! documents.
//!
//! `otlp` sends spans to a collector; [`trace`] carries a trace from one service to the next.

mod otlp;
pub mod trace;

use std::io::IsTerminal;

use thiserror::Error;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{Log, LogFormat, Traces};

pub use otlp::Spans;

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
    /// `traces.endpoint` is nothing to send to.
    #[error("traces.endpoint = {endpoint}: {reason}")]
    BadEndpoint {
        /// The value seen.
        endpoint: String,
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
    begin(vec![lines(log)?])
}

/// Starts the process's log, and sends its spans as those of `service` where the configuration says so.
/// Keep what is returned: when it is dropped, the last spans are sent.
///
/// # Errors
/// [`TelemetryError`].
pub fn start_with_spans(
    log: &Log,
    traces: &Traces,
    service: &str,
) -> Result<Spans, TelemetryError> {
    let (layer, spans) = otlp::layer(traces, service)?;
    begin(std::iter::once(lines(log)?).chain(layer).collect())?;
    Ok(spans)
}

type Boxed = Box<dyn Layer<Registry> + Send + Sync>;

fn begin(layers: Vec<Boxed>) -> Result<(), TelemetryError> {
    tracing_subscriber::registry()
        .with(layers)
        .try_init()
        .map_err(|_| TelemetryError::AlreadyStarted)
}

/// What is written on standard error.
fn lines(log: &Log) -> Result<Boxed, TelemetryError> {
    let filter = EnvFilter::try_new(&log.level).map_err(|error| TelemetryError::BadFilter {
        level: log.level.clone(),
        reason: error.to_string(),
    })?;
    let spans = if log.spans { FmtSpan::CLOSE } else { FmtSpan::NONE };
    let lines =
        tracing_subscriber::fmt::layer().with_span_events(spans).with_writer(std::io::stderr);
    Ok(match log.format {
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
        LogFormat::Text => {
            lines.with_ansi(std::io::stderr().is_terminal()).with_filter(filter).boxed()
        }
    })
}
