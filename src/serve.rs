//! `invoice-ocr serve`: everything on one machine, or any part of it.
//!
//! Wiring only: which services run here, on which broker, and in which order they start and stop.
//! The order of stopping matters: first the door, then the stages, then the broker under them.

mod data;
mod embedded;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use common::config::Config;
use common::jetstream::broker::Broker;
use common::jetstream::{sweeper, topology};
use common::metrics::Metrics;
use common::service::{self, ServiceArgs, StartError};
use common::stage::StageName;
use common::telemetry;
use common::worker::Program;

use self::data::DataFolder;
use self::embedded::EmbeddedBroker;

pub(crate) use self::data::{BROKER_URL_FILE, GATEWAY_URL_FILE};
pub(crate) use self::embedded::{BROKER_CHILD, exec_broker};

/// Arguments of `serve`.
#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    /// Folder for everything that is kept: the embedded broker's streams, and where they listen
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Where the gateway listens
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Services to run here
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', default_value = "all")]
    stages: Vec<Role>,
}

/// A service that `serve` can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    All,
    Gateway,
    Preprocess,
    Ocr,
    Extract,
}

/// Runs the chosen services until SIGTERM or SIGINT.
pub(crate) fn run(args: &ServeArgs, service_args: &ServiceArgs) -> ExitCode {
    service::report(start(args, service_args))
}

fn start(args: &ServeArgs, service_args: &ServiceArgs) -> Result<(), StartError> {
    let mut config = service_args.load()?;
    if let Some(listen) = args.listen {
        config = config.with("gateway.listen", listen)?;
    }
    telemetry::start(&config.log)?;
    service::block_on(serve(args, config))
}

async fn serve(args: &ServeArgs, config: Config) -> Result<(), StartError> {
    let has = |role| args.stages.contains(&Role::All) || args.stages.contains(&role);
    let listener = if has(Role::Gateway) { Some(listen(&config).await?) } else { None };
    let stop = service::stop_signal();
    let data = DataFolder::open(&args.data)?;
    if !config.broker.url.is_empty() {
        let broker = Broker::connect(&config.broker.url, "invoice-ocr", &config.broker).await?;
        data.note_broker(&config.broker.url)?;
        return run_services(has, &config, &broker, listener, &data, stop).await;
    }
    let _lock = data.lock()?;
    let mut embedded = EmbeddedBroker::start(&config.broker, &data).await?;
    let broker = Broker::connect(embedded.url(), "invoice-ocr", &config.broker).await?;
    // The embedded broker is ours alone, so there is nobody else to bring it up to date.
    for drift in topology::apply(&broker, &config).await? {
        tracing::info!(%drift, "topology changed");
    }
    let services = run_services(has, &config, &broker, listener, &data, stop);
    let outcome = tokio::select! {
        outcome = services => outcome,
        // Restarts the broker when it dies; returns only when that is hopeless.
        error = embedded.supervise() => Err(error),
    };
    embedded.stop().await;
    outcome
}

async fn listen(config: &Config) -> Result<TcpListener, StartError> {
    let address = config.gateway.listen;
    let failed = |source| StartError::Listen { address: address.to_string(), source };
    gateway::check_listen(address)
        .map_err(|error| failed(std::io::Error::new(std::io::ErrorKind::PermissionDenied, error)))?;
    TcpListener::bind(address).await.map_err(failed)
}

/// Runs services until `stop` or until one of them cannot go on.
async fn run_services(
    has: impl Fn(Role) -> bool,
    config: &Config,
    broker: &Broker,
    listener: Option<TcpListener>,
    data: &DataFolder,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let metrics = Metrics::default();
    // The door closes first; the stages behind it stop when it is shut.
    let stages_stop = CancellationToken::new();
    let mut stages: JoinSet<Result<(), StartError>> = JoinSet::new();
    macro_rules! stage {
        ($role:expr, $name:expr, $make:expr) => {
            if has($role) {
                let stage = $make;
                let (broker, config) = (broker.clone(), config.clone());
                let (metrics, stop) = (metrics.clone(), stages_stop.clone());
                stages.spawn(async move {
                    service::run_stage(&broker, &config, stage, &metrics, stop).await
                });
            }
        };
    }
    stage!(
        Role::Preprocess,
        StageName::Preprocess,
        preprocess::Preprocess::new(config, worker(StageName::Preprocess)?)
    );
    stage!(Role::Ocr, StageName::Ocr, ocr::Ocr::new(config, worker(StageName::Ocr)?));
    stage!(Role::Extract, StageName::Extract, extract::stage::Extract::default());

    let mut door: JoinSet<()> = JoinSet::new();
    if let Some(listener) = listener {
        topology::verify(broker, Some(StageName::Preprocess)).await?;
        let address = listener.local_addr().map_err(StartError::OwnPath)?;
        data.note_gateway(address)?;
        door.spawn(sweeper::run(broker.clone(), config.clone(), stop.clone()));
        door.spawn(gateway::serve(listener, gateway_state(config, broker, &metrics), stop.clone()));
        tracing::info!(url = %format!("http://{address}"), "gateway listens");
    }

    let mut outcome = Ok(());
    tokio::select! {
        () = stop.cancelled() => {}
        Some(ended) = stages.join_next() => {
            outcome = ended.unwrap_or_else(|error| Err(panicked(&error)));
            stop.cancel();
        }
    }
    while door.join_next().await.is_some() {}
    stages_stop.cancel();
    while let Some(ended) = stages.join_next().await {
        outcome = outcome.and(ended.unwrap_or_else(|error| Err(panicked(&error))));
    }
    broker.close().await;
    tracing::info!("stopped");
    outcome
}

fn gateway_state(config: &Config, broker: &Broker, metrics: &Metrics) -> gateway::GatewayState {
    let probe = broker.clone();
    gateway::GatewayState {
        broker: broker.clone(),
        config: Arc::new(config.clone()),
        metrics: metrics.clone(),
        readiness: Arc::new(move || {
            let broker = probe.clone();
            Box::pin(async move { ready(&broker).await })
        }),
    }
}

/// Longest wait for the answers behind `/ready`: shorter than an orchestrator's probe.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

async fn ready(broker: &Broker) -> Result<(), String> {
    if !broker.is_connected() {
        return Err("the broker is not connected".to_owned());
    }
    let verified = topology::verify(broker, Some(StageName::Preprocess));
    match tokio::time::timeout(READY_TIMEOUT, verified).await {
        Ok(verified) => verified.map_err(|error| error.to_string()),
        Err(_elapsed) => Err("the broker does not answer".to_owned()),
    }
}

/// How this program is started as a worker process of `stage`.
fn worker(stage: StageName) -> Result<Program, StartError> {
    let args = vec!["worker".to_owned(), stage.to_string()];
    Ok(Program { path: service::own_path()?, args })
}

fn panicked(error: &tokio::task::JoinError) -> StartError {
    StartError::Stage(common::error::StageError::internal("service_panicked", error.to_string()))
}
