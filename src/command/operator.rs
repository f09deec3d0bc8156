//! What the operator's commands share: a connection to the broker, and a runtime for it.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use common::config::{self, Config, Log, LogFormat};
use common::jetstream::broker::{Broker, ConnectError};
use common::service::ServiceArgs;
use common::telemetry;

use super::{CommandError, endpoint};

/// Name of the connection at the broker, and of its user where the broker has users.
const CONNECTION: &str = "operator";

/// Longest wait for the broker: somebody sits at the console, and the URL may be of yesterday.
const PATIENCE: Duration = Duration::from_secs(3);

/// The configured log is that of services; here warnings go to the person at the console, without
/// each try of the client to connect again.
const LOG_FILTER: &str = "warn,common::jetstream::broker=off,async_nats=off";

/// Which broker to use.
#[derive(Args, Clone, Debug)]
pub(crate) struct OperatorArgs {
    /// What every service takes, too.
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// Use the broker of the `serve` on this data folder, unless one is configured [default: data]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) data: Option<PathBuf>,
}

/// Connects, and runs `work` on the connection.
///
/// # Errors
/// Those of the configuration and the connection, and those of `work`.
pub(crate) fn with_broker<T, F>(
    args: &OperatorArgs,
    work: impl FnOnce(Broker, Config) -> F,
) -> Result<T, CommandError>
where
    F: Future<Output = Result<T, CommandError>>,
{
    let config = args.service.load()?;
    let url = endpoint::broker(&config, args.data.as_deref())?;
    start_log()?;
    block_on(async {
        let broker = connect(&url, &config.broker).await?;
        let outcome = work(broker.clone(), config).await;
        // What is forbidden shows as a time-out; what it was is known by the connection.
        outcome.map_err(|error| broker.denied().map_or(error, CommandError::Forbidden))
    })
}

/// Connects as the operator.
///
/// # Errors
/// [`ConnectError`]; nobody is waited for.
pub(crate) async fn connect(url: &str, settings: &config::Broker) -> Result<Broker, ConnectError> {
    Broker::connect_within(PATIENCE, url, CONNECTION, settings).await
}

/// Starts the log that goes to the person at the console.
///
/// # Errors
/// [`CommandError::Internal`].
pub(crate) fn start_log() -> Result<(), CommandError> {
    let log = Log { level: LOG_FILTER.to_owned(), format: LogFormat::Text, spans: false };
    telemetry::start(&log).map_err(|error| CommandError::Internal(error.to_string()))
}

/// Runs a command's future on a runtime of its own.
///
/// # Errors
/// Those of `work`, and [`CommandError::Internal`] where there is no runtime to be had.
pub(crate) fn block_on<T>(
    work: impl Future<Output = Result<T, CommandError>>,
) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CommandError::Internal(error.to_string()))?;
    runtime.block_on(work)
}
