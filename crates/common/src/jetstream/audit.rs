//! The audit trail: one message a record, appended, never changed and never taken out.

use std::pin::pin;
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy};
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::broker::{Broker, away};
use super::names;
use super::publish::{Message, Unpublished};
use crate::audit::{AuditRecord, Object};
use crate::error::StageError;
use crate::id::{DocumentId, Tenant};

/// Days for which the trail is kept (`nats/streams/INVOICE_AUDIT.json`): a year, and a month to look into
/// it.
pub const KEPT_DAYS: u64 = 400;

/// Longest wait for the next record while the trail is read.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How the trail stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailState {
    /// Records that are there.
    pub records: u64,
    /// When the oldest one was stored; `None` while there is none.
    pub oldest_at: Option<Timestamp>,
    /// Whether older ones had to go before their time, because newer ones needed the room.
    pub cut_short: bool,
}

impl Broker {
    /// Appends `record`.
    ///
    /// # Errors
    /// [`Unpublished`]; only `Unconfirmed` leaves open whether it is stored.
    pub async fn audit(&self, record: &AuditRecord) -> Result<(), Unpublished> {
        let payload = serde_json::to_vec(record)
            .map_err(|error| Unpublished::Unencodable { reason: error.to_string() })?;
        let subject = names::audit_subject(record.tenant.as_ref(), record.action);
        let message = Message { subject, headers: HeaderMap::new(), payload: payload.into() };
        self.publish(message, &nuid::next()).await.map(drop)
    }

    /// Hands `each` record that is there now and was stored at or after `since`, oldest first.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer, and those of `each`.
    pub async fn audit_trail<E: From<StageError>>(
        &self,
        since: Option<Timestamp>,
        each: impl FnMut(AuditRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        self.audit_trail_on(String::new(), since, each).await
    }

    /// What the trail says of `id` now, oldest first. Where it is known whose the document was, only
    /// that tenant's records are looked at, not what others were refused.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub async fn audit_trail_of(
        &self,
        id: &DocumentId,
        tenant: Option<&Tenant>,
    ) -> Result<Vec<AuditRecord>, StageError> {
        let filter = tenant.map(names::audit_subjects_of).unwrap_or_default();
        let mut records = Vec::new();
        let each = |record: AuditRecord| {
            if matches!(&record.object, Object::Document(of) if of == id) {
                records.push(record);
            }
            Ok::<(), StageError>(())
        };
        self.audit_trail_on(filter, None, each).await?;
        Ok(records)
    }

    /// Those on subjects that fit `filter_subject`; on all where it is empty.
    async fn audit_trail_on<E: From<StageError>>(
        &self,
        filter_subject: String,
        since: Option<Timestamp>,
        mut each: impl FnMut(AuditRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        let deliver_policy = match since {
            None => DeliverPolicy::All,
            Some(since) => DeliverPolicy::ByStartTime {
                start_time: async_nats::datetime::from_nanos(since.as_nanosecond())
                    .map_err(|e| StageError::internal("time_out_of_range", e.to_string()))?,
            },
        };
        let replay_policy = ReplayPolicy::Instant;
        let config = OrderedConfig {
            deliver_policy,
            replay_policy,
            filter_subject,
            ..OrderedConfig::default()
        };
        let stream = self.stream(names::AUDIT_STREAM).await?;
        let consumer = stream.create_consumer(config).await.map_err(away)?;
        if consumer.cached_info().num_pending == 0 {
            return Ok(());
        }
        let mut messages = pin!(consumer.messages().await.map_err(away)?);
        let mut last = 0;
        loop {
            let next = timeout(READ_TIMEOUT, messages.next()).await.map_err(away)?;
            let Some(message) = next.transpose().map_err(away)? else { return Ok(()) };
            let info = message
                .info()
                .map_err(|e| StageError::internal("message_unreadable", e.to_string()))?;
            let (sequence, pending) = (info.stream_sequence, info.pending);
            // A consumer that was made again may begin anew.
            if sequence > last {
                last = sequence;
                match serde_json::from_slice(&message.payload) {
                    Ok(record) => each(record)?,
                    Err(error) => {
                        tracing::warn!(%error, sequence, "audit record of another version");
                    }
                }
            }
            if pending == 0 {
                return Ok(());
            }
        }
    }

    /// How the trail stands.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub async fn audit_state(&self) -> Result<TrailState, StageError> {
        let info = self.stream(names::AUDIT_STREAM).await?.get_info().await.map_err(away)?;
        let state = info.state;
        let oldest = Timestamp::from_nanosecond(state.first_timestamp.unix_timestamp_nanos());
        let oldest_at = oldest.ok().filter(|_| state.messages > 0);
        let begun = state.first_sequence > 1;
        Ok(TrailState {
            records: state.messages,
            oldest_at,
            cut_short: begun && oldest_at.is_some_and(|at| !is_due(at, Timestamp::now())),
        })
    }
}

/// Whether records from before `oldest_at` have gone because their time was over. A day is given to the
/// broker, which looks now and then.
fn is_due(oldest_at: Timestamp, now: Timestamp) -> bool {
    let kept = i64::try_from(KEPT_DAYS).unwrap_or(i64::MAX);
    now.duration_since(oldest_at) >= SignedDuration::from_hours((kept - 1).saturating_mul(24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_that_is_as_old_as_it_may_get_was_not_cut_short() {
        let day = |n: i64| Timestamp::from_second(n * 86_400).unwrap();
        assert!(is_due(day(0), day(400)) && is_due(day(0), day(399)));
        assert!(!is_due(day(0), day(30)));
    }
}
