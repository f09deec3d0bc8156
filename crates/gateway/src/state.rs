//! What the gateway is given, and what its handlers share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

use common::config::Config;
use common::jetstream::broker::Broker;
use common::metrics::Metrics;

/// Looks at everything the gateway needs; `Err` says what is missing, in words for an operator.
pub type Readiness = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What the gateway is given.
#[derive(Clone)]
pub struct GatewayState {
    /// Connection to the broker.
    pub broker: Broker,
    /// Effective configuration.
    pub config: Arc<Config>,
    /// Registry that `/metrics` shows; the gateway adds its own metrics to it.
    pub metrics: Metrics,
    /// Answers `/ready`.
    pub readiness: Readiness,
}

impl fmt::Debug for GatewayState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayState").field("broker", &self.broker).finish_non_exhaustive()
    }
}

/// What the handlers share.
pub(crate) struct App {
    /// Reads.
    pub(crate) broker: Broker,
    /// Writes, with the shorter patience of a client that waits.
    pub(crate) accepting: Broker,
    pub(crate) config: Arc<Config>,
    pub(crate) metrics: Metrics,
    pub(crate) readiness: Readiness,
    /// One permit for each upload that may be in memory.
    pub(crate) uploads: Semaphore,
}

impl App {
    pub(crate) fn new(state: GatewayState) -> Self {
        let GatewayState { broker, config, metrics, readiness } = state;
        let patience = Duration::from_secs(config.gateway.accept_patience_seconds);
        let uploads = Semaphore::new(config.gateway.max_concurrent_uploads);
        let accepting = broker.with_patience(patience);
        Self { broker, accepting, config, metrics, readiness, uploads }
    }

    /// Longest wait of an upload for a permit, and for the broker.
    pub(crate) fn accept_patience(&self) -> Duration {
        Duration::from_secs(self.config.gateway.accept_patience_seconds)
    }
}
