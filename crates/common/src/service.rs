//! What every service does around its work: arguments, configuration, log, broker, stop signal.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser};
use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::config::{Config, ConfigError};
use crate::error::StageError;
use crate::failpoint;
use crate::jetstream::broker::{Broker, ConnectError};
use crate::jetstream::runner::{self, RunnerSettings};
use crate::jetstream::topology::{self, TopologyError};
use crate::metrics::Metrics;
use crate::ops;
use crate::stage::Stage;
use crate::telemetry::{self, TelemetryError};
use crate::worker::Program;

/// Exit code for unusable configuration, before anything was bound (sysexits `EX_USAGE`).
pub const EXIT_CONFIG: u8 = 64;
/// Exit code for a broker, library or topology that is not there (sysexits `EX_UNAVAILABLE`).
pub const EXIT_UNAVAILABLE: u8 = 69;

/// Arguments that every service takes.
#[derive(Args, Clone, Debug, Default)]
pub struct ServiceArgs {
    /// Configuration file, over the documented defaults
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Broker to use instead of the configured one
    #[arg(long, value_name = "URL", global = true)]
    pub nats_url: Option<String>,
}

impl ServiceArgs {
    /// The configuration with the arguments over it.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let config = Config::load(self.config.as_deref())?;
        match &self.nats_url {
            Some(url) => config.with("broker.url", url),
            None => Ok(config),
        }
    }
}

/// A service that cannot start.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "each variant is its source")]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    #[error(transparent)]
    Broker(#[from] ConnectError),
    #[error(transparent)]
    Topology(#[from] TopologyError),
    #[error(transparent)]
    Stage(#[from] StageError),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: String, source: std::io::Error },
    #[error("cannot use {path}: {source}")]
    Data { path: String, source: std::io::Error },
    #[error("nats-server: {reason}")]
    NatsServer { reason: String },
    #[error("cannot find this program's own file: {0}")]
    OwnPath(std::io::Error),
    #[error("cannot start the runtime: {0}")]
    Runtime(std::io::Error),
    #[error("service.ops_listen = {0}: not an address")]
    BadOpsAddress(String),
    #[error("broker.url is empty: a service that runs alone needs a broker")]
    NoBroker,
}

impl StartError {
    /// The process's exit code.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Config(_)
            | Self::Telemetry(_)
            | Self::Broker(ConnectError::File { .. })
            | Self::BadOpsAddress(_)
            | Self::NoBroker => ExitCode::from(EXIT_CONFIG),
            Self::Broker(_)
            | Self::Topology(_)
            | Self::Stage(_)
            | Self::Listen { .. }
            | Self::Data { .. }
            | Self::NatsServer { .. }
            | Self::OwnPath(_)
            | Self::Runtime(_) => ExitCode::from(EXIT_UNAVAILABLE),
        }
    }
}

#[derive(Parser)]
#[command(version)]
struct ServiceCommand {
    #[command(flatten)]
    args: ServiceArgs,
    /// Ask the service that runs on this configuration whether it is ready, on service.ops_listen; exit code 0 or 1
    #[arg(long)]
    health: bool,
    /// Run as a worker process of this service (started by the service itself)
    #[arg(long, hide = true)]
    worker: bool,
}

/// `main` of a stage's own binary. With `--worker` it is one of the stage's child processes.
pub fn main<S: Stage>(
    worker: fn() -> ExitCode,
    stage: impl FnOnce(&Config, Program) -> Result<S, StartError>,
) -> ExitCode {
    let command = ServiceCommand::parse();
    if command.worker {
        return worker();
    }
    if command.health {
        return health(&command.args);
    }
    report(alone(&command.args, S::NAME.as_str(), async |broker, config, stop| {
        let program = Program { path: own_path()?, args: vec!["--worker".to_owned()] };
        let stage = stage(&config, program)?;
        let metrics = Metrics::default();
        serve_ops(&broker, &config, &metrics, &stop)?;
        run_stage(&broker, &config, stage, &metrics, stop).await
    }))
}

/// `main` of the gateway's own binary.
pub fn main_without_workers(
    run: impl AsyncFnOnce(Broker, Config, CancellationToken) -> Result<(), StartError>,
) -> ExitCode {
    let command = ServiceCommand::parse();
    if command.health {
        return health(&command.args);
    }
    report(alone(&command.args, "gateway", run))
}

/// `--health`: the probe of containers, which have no other program to ask with.
#[expect(clippy::print_stderr, reason = "whoever asks reads why not")]
fn health(args: &ServiceArgs) -> ExitCode {
    let asked = match args.load() {
        Ok(config) => ops::probe(&config.service.ops_listen).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match asked {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            // 1 and nothing else: other codes are reserved where orchestrators ask.
            ExitCode::FAILURE
        }
    }
}

/// Turns the end of a service into an exit code, and says on standard error why it did not start.
#[expect(clippy::print_stderr, reason = "the log may not have been started")]
pub fn report(outcome: Result<(), StartError>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            error.exit_code()
        }
    }
}

/// Runs one service on a broker that others share.
fn alone(
    args: &ServiceArgs,
    name: &str,
    run: impl AsyncFnOnce(Broker, Config, CancellationToken) -> Result<(), StartError>,
) -> Result<(), StartError> {
    let config = args.load()?;
    let _spans = telemetry::start_with_spans(&config.log, &config.traces, name)?;
    failpoint::arm(&config.faults.points);
    block_on(async {
        if config.broker.url.is_empty() {
            return Err(StartError::NoBroker);
        }
        let broker = Broker::connect(&config.broker.url, name, &config.broker).await?;
        run(broker.clone(), config, stop_signal()).await?;
        broker.close().await;
        Ok(())
    })
}

/// Serves health and metrics where the configuration says so.
///
/// # Errors
/// [`StartError::BadOpsAddress`].
pub fn serve_ops(
    broker: &Broker,
    config: &Config,
    metrics: &Metrics,
    stop: &CancellationToken,
) -> Result<(), StartError> {
    let address = &config.service.ops_listen;
    if address.is_empty() {
        return Ok(());
    }
    let address = address.parse().map_err(|_| StartError::BadOpsAddress(address.clone()))?;
    let (broker, metrics, stop) = (broker.clone(), metrics.clone(), stop.clone());
    tokio::spawn(async move {
        if let Err(error) = ops::serve(address, broker, metrics, stop).await {
            tracing::error!(%address, %error, "health and metrics are not served");
        }
    });
    Ok(())
}

/// Binds `stage` to its queue and runs it until `stop`.
///
/// # Errors
/// [`StartError`] when the queue or what the stage needs (libraries, models) is not there.
pub async fn run_stage<S: Stage>(
    broker: &Broker,
    config: &Config,
    stage: S,
    metrics: &Metrics,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let link = broker.clone();
    metrics.watch_link(move || link.is_connected());
    let consumer = topology::bind(broker, S::NAME).await?;
    stage.warm_up().await?;
    stage.register(metrics);
    let settings = RunnerSettings::new(config, S::NAME);
    runner::run(broker.clone(), consumer, stage, settings, metrics.clone(), stop).await;
    Ok(())
}

/// This program's own file, which worker processes are started from.
///
/// # Errors
/// [`StartError::OwnPath`].
pub fn own_path() -> Result<PathBuf, StartError> {
    std::env::current_exe().map_err(StartError::OwnPath)
}

/// Runs a service's future on a runtime of its own.
///
/// # Errors
/// Those of `service`.
pub fn block_on<T>(service: impl Future<Output = Result<T, StartError>>) -> Result<T, StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(StartError::Runtime)?.block_on(service)
}

/// Cancelled at the first SIGTERM or SIGINT. A second one ends the process at once.
#[must_use]
pub fn stop_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let signalled = stop.clone();
    tokio::spawn(async move {
        let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
            tracing::error!("signals cannot be received; stop this process with SIGKILL");
            return;
        };
        for first in [true, false] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if first {
                tracing::info!("stop signal received");
                signalled.cancel();
            }
        }
        std::process::exit(130);
    });
    stop
}
