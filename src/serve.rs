//! `invoice-ocr serve`: everything on one machine, or any part of it.
//!
//! Wiring only: which services run here, on which broker, and in which order they start and stop.
//! The order of stopping matters: first the door, then the stages, then the broker under them.

mod data;
mod embedded;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use common::config::Config;
use common::error::StageError;
use common::failpoint;
use common::jetstream::broker::Broker;
use common::jetstream::topology;
use common::metrics::Metrics;
use common::service::{self, ServiceArgs, StartError};
use common::stage::{Stage, StageName};
use common::telemetry;
use common::worker::Program;
use extract::stage::Extract;

use self::data::DataFolder;
use self::embedded::EmbeddedBroker;

pub(crate) use self::data::{BROKER_URL_FILE, GATEWAY_URL_FILE};
pub(crate) use self::embedded::{BROKER_CHILD, exec_broker};
pub(crate) use self::embedded::{OLDEST as OLDEST_BROKER, parse_version as parse_broker_version};

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
    let _spans = telemetry::start_with_spans(&config.log, &config.traces, &name(args))?;
    failpoint::arm(&config.faults.points);
    service::block_on(serve(args, config))
}

async fn serve(args: &ServeArgs, config: Config) -> Result<(), StartError> {
    let has = |role| args.stages.contains(&Role::All) || args.stages.contains(&role);
    // Its files are the operator's too, so they are checked before anything is bound.
    let extract = match has(Role::Extract) {
        true => Some(Extract::new(&config)?),
        false => None,
    };
    if has(Role::Gateway) {
        gateway::check_access(&config)?;
    }
    let listener = match has(Role::Gateway) {
        true => Some(gateway::listen(&config.gateway).await?),
        false => None,
    };
    let stop = service::stop_signal();
    let data = DataFolder::open(&args.data)?;
    if !config.broker.url.is_empty() {
        let broker = Broker::connect(&config.broker.url, &name(args), &config.broker).await?;
        data.note_broker(&config.broker.url)?;
        return run_services(has, extract, &config, &broker, listener, &data, stop).await;
    }
    let _lock = data.lock()?;
    let mut embedded = EmbeddedBroker::start(&config.broker, &data).await?;
    // What the configuration says of users and certificates is about another broker.
    let settings = config.broker.by_url_alone();
    let broker = Broker::connect(embedded.url(), &name(args), &settings).await?;
    // The embedded broker is ours alone, so there is nobody else to bring it up to date.
    for drift in topology::apply(&broker, &config).await? {
        tracing::info!(change = drift.remedy(), "topology applied");
    }
    let services = run_services(has, extract, &config, &broker, listener, &data, stop);
    let outcome = tokio::select! {
        outcome = services => outcome,
        // Restarts the broker when it dies; returns only when that is hopeless.
        error = embedded.supervise() => Err(error),
    };
    embedded.stop().await;
    outcome
}

/// Who this process is at the broker: the one service that it runs, or all of them.
fn name(args: &ServeArgs) -> String {
    match args.stages.as_slice() {
        [Role::All] => "invoice-ocr".to_owned(),
        [role] => role.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned()),
        _ => "invoice-ocr".to_owned(),
    }
}

/// Runs services until `stop` or until one of them cannot go on.
async fn run_services(
    has: impl Fn(Role) -> bool,
    extract: Option<Extract>,
    config: &Config,
    broker: &Broker,
    listener: Option<TcpListener>,
    data: &DataFolder,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let metrics = Metrics::default();
    // The door closes first; the stages behind it stop when it is shut.
    let stages_stop = CancellationToken::new();
    if listener.is_none() {
        // A gateway serves them itself, and knows more of them.
        service::serve_ops(broker, config, &metrics, &stages_stop)?;
    }
    let mut stages: JoinSet<Result<(), StartError>> = JoinSet::new();
    let around = Around { broker, config, metrics: &metrics, stop: &stages_stop };
    if has(Role::Preprocess) {
        let program = worker(StageName::Preprocess)?;
        around.start(&mut stages, preprocess::Preprocess::new(config, program));
    }
    if has(Role::Ocr) {
        around.start(&mut stages, ocr::Ocr::new(config, worker(StageName::Ocr)?));
    }
    if let Some(extract) = extract {
        around.start(&mut stages, extract);
    }

    let mut door: JoinSet<Result<(), StartError>> = JoinSet::new();
    if let Some(listener) = listener {
        let address = listener.local_addr().map_err(StartError::OwnPath)?;
        data.note_gateway(address, &config.gateway.tls)?;
        let (broker, config) = (broker.clone(), config.clone());
        door.spawn(gateway::run(listener, broker, config, metrics.clone(), stop.clone()));
    }

    let mut outcome = Ok(());
    tokio::select! {
        () = stop.cancelled() => {}
        Some(ended) = stages.join_next() => outcome = flattened(ended),
        Some(ended) = door.join_next() => outcome = flattened(ended),
    }
    stop.cancel();
    while let Some(ended) = door.join_next().await {
        outcome = outcome.and(flattened(ended));
    }
    stages_stop.cancel();
    while let Some(ended) = stages.join_next().await {
        outcome = outcome.and(flattened(ended));
    }
    broker.close().await;
    tracing::info!("stopped");
    outcome
}

/// What every stage in this process shares.
struct Around<'a> {
    broker: &'a Broker,
    config: &'a Config,
    metrics: &'a Metrics,
    stop: &'a CancellationToken,
}

impl Around<'_> {
    fn start<S: Stage>(&self, stages: &mut JoinSet<Result<(), StartError>>, stage: S) {
        let (broker, config) = (self.broker.clone(), self.config.clone());
        let (metrics, stop) = (self.metrics.clone(), self.stop.clone());
        stages.spawn(
            async move { service::run_stage(&broker, &config, stage, &metrics, stop).await },
        );
    }
}

/// How this program is started as a worker process of `stage`.
fn worker(stage: StageName) -> Result<Program, StartError> {
    let args = vec!["worker".to_owned(), stage.to_string()];
    Ok(Program { path: service::own_path()?, args })
}

fn flattened(
    ended: Result<Result<(), StartError>, tokio::task::JoinError>,
) -> Result<(), StartError> {
    ended.unwrap_or_else(|error| {
        let panic = StageError::internal("service_panicked", error.to_string());
        Err(StartError::Stage(panic))
    })
}
