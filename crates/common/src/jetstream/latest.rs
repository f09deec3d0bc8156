//! Following the last message of each subject, as clients of KV buckets do.

use std::pin::pin;
use std::time::Duration;

use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::time::timeout;

use super::broker::{Broker, away};
use super::statuses::KV_OPERATION;
use crate::error::StageError;

/// Longest wait for the next message while all of them are listed.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// The last message of a subject.
#[derive(Clone, Debug)]
pub(super) struct Latest {
    /// Its sequence in the stream.
    pub(super) sequence: u64,
    /// Messages that were there already and still follow; 0 with the last one.
    pub(super) pending: u64,
    /// Where it lies.
    pub(super) subject: String,
    /// Its body; `None` for the marker of a removal.
    pub(super) body: Option<Bytes>,
}

impl Broker {
    /// Hands `each` the last message of each subject of `stream` that fits `filter` now, ordered by sequence.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub(super) async fn each_latest(
        &self,
        stream: &str,
        filter: &str,
        mut each: impl FnMut(Latest),
    ) -> Result<(), StageError> {
        let (there, latest) = self.latest(stream, filter).await?;
        let mut latest = pin!(latest);
        // Whether another of those is to come.
        let mut more = there > 0;
        while more {
            let next = timeout(LIST_TIMEOUT, latest.next()).await.map_err(away)?;
            let Some(next) = next.transpose()? else { break };
            more = next.pending > 0;
            each(next);
        }
        Ok(())
    }

    /// The last message of each subject of `stream` that fits `filter`, then every new one, without
    /// end; and how many are there already. Ordered by sequence.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer; in the stream, too.
    pub(super) async fn latest(
        &self,
        stream: &str,
        filter: &str,
    ) -> Result<(u64, impl Stream<Item = Result<Latest, StageError>> + use<>), StageError> {
        self.latest_after(stream, filter, 0).await
    }

    /// Likewise, without what was there already at sequence `after`.
    ///
    /// # Errors
    /// As [`Self::latest`].
    pub(super) async fn latest_after(
        &self,
        stream: &str,
        filter: &str,
        after: u64,
    ) -> Result<(u64, impl Stream<Item = Result<Latest, StageError>> + use<>), StageError> {
        let deliver_policy = match after {
            0 => DeliverPolicy::LastPerSubject,
            _ => DeliverPolicy::ByStartSequence { start_sequence: after.saturating_add(1) },
        };
        let config = OrderedConfig {
            deliver_policy,
            replay_policy: ReplayPolicy::Instant,
            filter_subject: filter.to_owned(),
            ..OrderedConfig::default()
        };
        let consumer = self.stream(stream).await?.create_consumer(config).await.map_err(away)?;
        let there = consumer.cached_info().num_pending;
        let messages = consumer.messages().await.map_err(away)?;
        let latest = messages.map(|message| {
            let message = message.map_err(away)?;
            let unreadable = |reason: String| StageError::internal("message_unreadable", reason);
            let info = message.info().map_err(|error| unreadable(error.to_string()))?;
            let (sequence, pending) = (info.stream_sequence, info.pending);
            let removed = message.headers.as_ref().is_some_and(|h| h.get(KV_OPERATION).is_some());
            let body = (!removed).then(|| message.payload.clone());
            Ok(Latest { sequence, pending, subject: message.subject.to_string(), body })
        });
        Ok((there, latest))
    }
}
