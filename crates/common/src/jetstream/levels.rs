//! Tells the metrics how full queues and stores are, every few seconds.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::broker::{Broker, away};
use super::names::{self, webhooks};
use crate::error::StageError;
use crate::metrics::QueueMetrics;
use crate::object::Bucket;
use crate::stage::StageName;

/// Pause between two looks: as often as Prometheus usually asks. A look is twenty small questions.
const PAUSE: Duration = Duration::from_secs(10);

/// Longest wait for all answers of one look. A broker that takes longer is as good as away.
const PATIENCE: Duration = Duration::from_secs(5);

/// Streams that are looked at: all that somebody may fill.
fn streams() -> impl Iterator<Item = &'static str> {
    let queues = StageName::ALL.map(names::job_stream);
    let stores = Bucket::ALL.map(names::object_stream);
    let others = [
        names::EVENTS_STREAM,
        names::DEAD_STREAM,
        names::AUDIT_STREAM,
        names::STATUS_STREAM,
        names::DUPLICATES_STREAM,
        names::KEYS_STREAM,
        names::IDEMPOTENCY_STREAM,
        names::QUOTA_STREAM,
        webhooks::ENDPOINTS_STREAM,
        webhooks::CALLBACKS_STREAM,
        webhooks::DELIVERIES_STREAM,
    ];
    queues.into_iter().chain(stores).chain(others)
}

/// Looks until `stop`.
pub async fn run(broker: Broker, metrics: QueueMetrics, stop: CancellationToken) {
    loop {
        let looked = tokio::time::timeout(PATIENCE, look(&broker, &metrics)).await;
        if !matches!(looked, Ok(Ok(()))) {
            tracing::debug!(?looked, "levels of queues and stores are not known");
            metrics.unknown();
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

async fn look(broker: &Broker, metrics: &QueueMetrics) -> Result<(), StageError> {
    for stage in StageName::ALL {
        let stream = broker.stream(names::job_stream(stage)).await?;
        let info = stream.consumer_info(names::job_consumer(stage)).await.map_err(away)?;
        metrics.queue(stage, info.num_pending, info.num_ack_pending as u64);
    }
    for name in streams() {
        metrics.stream(name, broker.level_of(name).await?);
    }
    Ok(())
}
