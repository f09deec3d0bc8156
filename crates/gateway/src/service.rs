//! The gateway as a service: where it listens, what makes it ready, and what runs beside it: the sweeper, and who sends
//! events to webhooks.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use common::config::{Config, Gateway};
use common::jetstream::broker::Broker;
use common::jetstream::webhooks::{self, WebhookSettings};
use common::jetstream::{levels, sweeper, topology};
use common::metrics::{Metrics, QueueMetrics, WebhookMetrics};
use common::service::{self, StartError};

use crate::access::Access;
use crate::server::{Prepared, bind, check_listen, serve_prepared};
use crate::state::GatewayState;

/// Longest wait for the answers behind `/ready`: shorter than an orchestrator's probe.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// Takes the configured address, unless anybody could reach it and nobody is asked who they are.
///
/// # Errors
/// [`StartError::Listen`].
pub async fn listen(settings: &Gateway) -> Result<TcpListener, StartError> {
    let address = settings.listen;
    let failed = |source| StartError::Listen { address: address.to_string(), source };
    check_listen(address, settings.auth.is_required()).map_err(|error| {
        failed(std::io::Error::new(std::io::ErrorKind::PermissionDenied, error))
    })?;
    bind(address).map_err(failed)
}

/// Checks the topology, then answers requests on `listener`, looks after documents that stopped
/// moving, and sends events to webhooks, until `stop`.
///
/// # Errors
/// [`StartError::Config`] when certificate or key, or those of webhooks, cannot be used, [`StartError::Topology`] when
/// the broker lacks what the gateway writes to.
pub async fn run(
    listener: TcpListener,
    broker: Broker,
    config: Config,
    metrics: Metrics,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let prepared = Prepared::new(&config)?;
    let access = Access::open(&config, &broker, &metrics)?;
    let caller = config.webhooks.caller()?;
    topology::verify_gateway(&broker).await?;
    service::serve_ops(&broker, &config, &metrics, &stop)?;
    let documents = metrics.documents.clone();
    let link = broker.clone();
    metrics.watch_link(move || link.is_connected());
    let queues = metrics.register(QueueMetrics::register);
    let sent = metrics.register(WebhookMetrics::register);
    let probe = broker.clone();
    let state = GatewayState {
        broker: broker.clone(),
        config: Arc::new(config.clone()),
        metrics,
        readiness: Arc::new(move || {
            let broker = probe.clone();
            Box::pin(async move { ready(&broker).await })
        }),
        access: access.clone(),
        caller: caller.clone(),
    };
    if let Ok(address) = listener.local_addr() {
        let scheme = if config.gateway.tls.is_on() { "https" } else { "http" };
        tracing::info!(url = %format!("{scheme}://{address}"), "gateway listens");
    }
    // The last request may have something to tell the audit trail.
    let served = CancellationToken::new();
    let serving = async {
        serve_prepared(listener, state, prepared, stop.clone()).await;
        served.cancel();
    };
    let looking = levels::run(broker.clone(), queues, stop.clone());
    let webhooks = WebhookSettings {
        retries: config.webhooks.retries(),
        concurrency: config.webhooks.concurrency,
    };
    let sending = webhooks::run(broker.clone(), caller, webhooks, sent, stop.clone());
    let sweeping = sweeper::run(broker, config, documents, stop.clone());
    tokio::join!(serving, access.run(served.clone()), looking, sweeping, sending);
    Ok(())
}

async fn ready(broker: &Broker) -> Result<(), String> {
    if !broker.is_connected() {
        return Err("the broker is not connected".to_owned());
    }
    let verified = topology::verify_gateway(broker);
    match tokio::time::timeout(READY_TIMEOUT, verified).await {
        Ok(verified) => verified.map_err(|error| error.to_string()),
        Err(_elapsed) => Err("the broker does not answer".to_owned()),
    }
}
