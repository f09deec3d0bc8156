//! Documents for tests.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use common::id::DocumentId;
use common::jetstream::status_watch::StatusChange;
use common::metrics::Metrics;
use common::stage::StageName;
use common::status::{Arrival, Digest, Moment, State};

use super::Register;
use crate::metrics::RegisterMetrics;

/// The id of document `number`.
pub(crate) fn id(number: u32) -> DocumentId {
    format!("{number:064x}").parse().unwrap()
}

/// Document `number` of `tenant`, which came `number` seconds after the beginning.
pub(crate) fn digest(number: u32, tenant: &str) -> Digest {
    let received_at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(number.into());
    Digest {
        arrival: Arrival { received_at, id: id(number) },
        tenant: tenant.parse().unwrap(),
        moment: Moment {
            generation: 1,
            state: State::Queued,
            stage: StageName::Preprocess,
            attempt: 0,
            updated_at: received_at,
        },
        filename: None,
        summary: None,
    }
}

/// What brings it.
pub(crate) fn change(sequence: u64, digest: Digest) -> StatusChange {
    let id = Some(digest.arrival.id.clone());
    StatusChange { sequence, pending: 0, id, digest: Some(Box::new(digest)) }
}

/// A register that takes twenty documents.
pub(crate) fn register() -> Arc<Register> {
    let metrics = Metrics::default().register(RegisterMetrics::register);
    Register::new(20, metrics, CancellationToken::new())
}
