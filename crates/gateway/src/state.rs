//! What the gateway is given, and what its handlers share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, SemaphorePermit};

use common::callback::call::Caller;
use common::config::Config;
use common::jetstream::broker::Broker;
use common::metrics::Metrics;

use crate::access::Access;
use crate::error::ApiError;
use crate::limit::Places;
use crate::metrics::UploadMetrics;
use crate::register::Register;

/// Looks at everything the gateway needs; `Err` says what is missing, in words for an operator.
pub type Readiness = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Documents whose pages may be in memory at once, to be shown: two hundred pages of 600 words are
/// 8 MB of CBOR and take 35 MB and 0.15 s on their way to JSON.
const PAGE_READS: usize = 2;

/// Batches that may be taken at once: each may hold an archive of `gateway.max_batch_bytes`.
const BATCHES: usize = 1;

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
    /// Who may ask for what; somebody has to run it.
    pub access: Access,
    /// Calls webhooks.
    pub caller: Caller,
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
    pub(crate) access: Access,
    pub(crate) caller: Caller,
    pub(crate) received: UploadMetrics,
    /// One permit for each upload that may be in memory.
    pub(crate) uploads: Semaphore,
    /// One permit for each batch that may be in memory.
    batches: Semaphore,
    /// One permit for each document whose pages may be in memory.
    page_reads: Semaphore,
    /// All documents, as they move.
    pub(crate) register: Arc<Register>,
    /// One place for each request that may wait for a document, and each event stream.
    pub(crate) followers: Arc<Places>,
}

impl App {
    pub(crate) fn new(state: GatewayState, register: Arc<Register>) -> Self {
        let GatewayState { broker, config, metrics, readiness, access, caller } = state;
        let patience = Duration::from_secs(config.gateway.accept_patience_seconds);
        let uploads = Semaphore::new(config.gateway.max_concurrent_uploads);
        let accepting = broker.with_patience(patience);
        let batches = Semaphore::new(BATCHES);
        let page_reads = Semaphore::new(PAGE_READS);
        let received = metrics.register(UploadMetrics::register);
        let following = &config.gateway.following;
        let followers = Places::new(
            following.max_followers,
            following.max_per_client,
            register.metrics().followers.clone(),
        );
        Self {
            broker,
            accepting,
            config,
            metrics,
            readiness,
            access,
            caller,
            received,
            uploads,
            batches,
            page_reads,
            register,
            followers,
        }
    }

    /// Waits for the right to read a document's pages into memory; it ends with the permit.
    ///
    /// # Errors
    /// [`ApiError::TooManyPageReads`] when it does not come in time.
    pub(crate) async fn page_read(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        let permit = tokio::time::timeout(self.accept_patience(), self.page_reads.acquire()).await;
        let limit = PAGE_READS as u64;
        permit.ok().and_then(Result::ok).ok_or(ApiError::TooManyPageReads { limit })
    }

    /// Waits for the right to take a batch in; it ends with the permit.
    ///
    /// # Errors
    /// [`ApiError::TooManyUploads`] when it does not come in time.
    pub(crate) async fn batch(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        let permit = tokio::time::timeout(self.accept_patience(), self.batches.acquire()).await;
        let limit = BATCHES as u64;
        permit.ok().and_then(Result::ok).ok_or(ApiError::TooManyUploads { limit })
    }

    /// Longest wait of a request for a permit, and of an upload for the broker.
    pub(crate) fn accept_patience(&self) -> Duration {
        Duration::from_secs(self.config.gateway.accept_patience_seconds)
    }
}
