//! The bucket of endpoints: makes, lists, changes and removes them, and notes how they fare.

use async_nats::HeaderMap;
use async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use jiff::Timestamp;

use crate::error::StageError;
use crate::id::Tenant;
use crate::jetstream::broker::{Broker, away};
use crate::jetstream::names;
use crate::jetstream::names::webhooks::{self as subjects, ENDPOINTS_STREAM};
use crate::jetstream::objects::UpTo;
use crate::jetstream::publish::{Message, Unpublished};
use crate::jetstream::statuses::{KV_OPERATION, MAX_ROUNDS, contended};
use crate::webhook::{Endpoint, EndpointId, EndpointState, Health, Stopped};

/// How a delivery ended, for the endpoint's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fared {
    /// The receiver took it.
    Taken,
    /// It failed for good.
    Failed,
    /// The receiver says that it is gone.
    Gone,
}

impl Broker {
    /// Stores a new endpoint.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer or has no room.
    pub async fn create_endpoint(&self, endpoint: &Endpoint) -> Result<(), StageError> {
        let subject = subjects::endpoint(&endpoint.tenant, &endpoint.id);
        match self.replace(subject, endpoint.encode()?, 0).await? {
            true => Ok(()),
            false => Err(contended()),
        }
    }

    /// An endpoint of `tenant`, from the stream's leader.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer, `Internal` for a record of another version.
    pub async fn endpoint(
        &self,
        tenant: &Tenant,
        id: &EndpointId,
    ) -> Result<Option<Endpoint>, StageError> {
        Ok(self.revised_endpoint(tenant, id).await?.map(|(endpoint, _)| endpoint))
    }

    /// All endpoints of `tenant`, oldest first.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub async fn endpoints_of(&self, tenant: &Tenant) -> Result<Vec<Endpoint>, StageError> {
        self.endpoints(&subjects::endpoints_of(tenant)).await
    }

    /// All endpoints whose subject fits `filter`, oldest first. One that cannot be read is left out: a newer
    /// gateway has made it.
    pub(super) async fn endpoints(&self, filter: &str) -> Result<Vec<Endpoint>, StageError> {
        let mut endpoints = Vec::new();
        self.each_latest(ENDPOINTS_STREAM, filter, |latest| {
            match latest.body.as_deref().map(Endpoint::decode).transpose() {
                Ok(endpoint) => endpoints.extend(endpoint),
                Err(error) => tracing::warn!(%error, "a webhook cannot be read"),
            }
        })
        .await?;
        endpoints.sort_by_key(|endpoint| endpoint.created_at);
        Ok(endpoints)
    }

    /// Lets `change` change an endpoint of `tenant`; what it is then, or `None` when there is no such endpoint.
    ///
    /// # Errors
    /// As [`Self::endpoint`].
    pub async fn change_endpoint(
        &self,
        tenant: &Tenant,
        id: &EndpointId,
        mut change: impl FnMut(&mut Endpoint),
    ) -> Result<Option<Endpoint>, StageError> {
        for _ in 0..MAX_ROUNDS {
            let Some((read, revision)) = self.revised_endpoint(tenant, id).await? else {
                return Ok(None);
            };
            let mut endpoint = read.clone();
            change(&mut endpoint);
            let subject = subjects::endpoint(tenant, id);
            if endpoint == read || self.replace(subject, endpoint.encode()?, revision).await? {
                return Ok(Some(endpoint));
            }
        }
        Err(contended())
    }

    /// Removes an endpoint of `tenant`, what waits to be sent to it, and its log. Whether there was one.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer; call again.
    pub async fn remove_endpoint(
        &self,
        tenant: &Tenant,
        id: &EndpointId,
    ) -> Result<bool, StageError> {
        if self.revised_endpoint(tenant, id).await?.is_none() {
            return Ok(false);
        }
        // The endpoint last: who is told to come back finds it, and removes everything. What somebody makes in
        // between finds no endpoint when it is to be sent, and goes then.
        for (stream, filter) in [
            (subjects::CALLBACKS_STREAM, subjects::jobs_of_endpoint(tenant, id)),
            (subjects::DELIVERIES_STREAM, subjects::log_of_endpoint(tenant, id)),
            (ENDPOINTS_STREAM, subjects::health(tenant, id)),
            (ENDPOINTS_STREAM, subjects::endpoint(tenant, id)),
        ] {
            self.purge(stream, filter, UpTo::Now).await?;
        }
        Ok(true)
    }

    /// Sequence of the newest endpoint, asked of the stream's leader: who has seen this one knows all that there
    /// are. 0 when there is none.
    pub(super) async fn newest_endpoint(&self) -> Result<u64, StageError> {
        let newest = self.last_of(ENDPOINTS_STREAM, subjects::ENDPOINT_SUBJECTS).await?;
        Ok(newest.map_or(0, |message| message.sequence))
    }

    /// Sequence of the last public event that was stored.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub async fn last_event(&self) -> Result<u64, StageError> {
        self.last_sequence(names::EVENTS_STREAM).await
    }

    /// How an endpoint fares.
    ///
    /// # Errors
    /// As [`Self::endpoint`].
    pub async fn health_of(&self, tenant: &Tenant, id: &EndpointId) -> Result<Health, StageError> {
        Ok(self.revised_health(tenant, id).await?.0)
    }

    /// Forgets how an endpoint has fared.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub async fn forget_health(&self, tenant: &Tenant, id: &EndpointId) -> Result<(), StageError> {
        self.purge(ENDPOINTS_STREAM, subjects::health(tenant, id), UpTo::Now).await
    }

    /// Notes how a delivery ended, and gives the endpoint up where that is called for: why, if it was now.
    pub(super) async fn note_fared(
        &self,
        tenant: &Tenant,
        id: &EndpointId,
        fared: Fared,
        now: Timestamp,
    ) -> Result<Option<Stopped>, StageError> {
        let reason = match fared {
            Fared::Taken => {
                self.change_health(tenant, id, |health| health.taken(now)).await?;
                return Ok(None);
            }
            Fared::Gone => Stopped::Gone,
            Fared::Failed => {
                let health =
                    self.change_health(tenant, id, |health| Some(health.failed(now))).await?;
                if !health.is_hopeless() {
                    return Ok(None);
                }
                Stopped::Failing
            }
        };
        let mut stopped = None;
        let changed = self.change_endpoint(tenant, id, |endpoint| {
            stopped = endpoint.is_enabled().then_some(reason);
            if stopped.is_some() {
                endpoint.state = EndpointState::Disabled { reason, at: now };
            }
        });
        Ok(changed.await?.and(stopped))
    }

    async fn change_health(
        &self,
        tenant: &Tenant,
        id: &EndpointId,
        change: impl Fn(Health) -> Option<Health>,
    ) -> Result<Health, StageError> {
        for _ in 0..MAX_ROUNDS {
            let (health, revision) = self.revised_health(tenant, id).await?;
            let Some(next) = change(health.clone()) else { return Ok(health) };
            let bytes = serde_json::to_vec(&next)
                .map_err(|error| StageError::internal("encode_failed", error.to_string()))?;
            if self.replace(subjects::health(tenant, id), bytes, revision).await? {
                return Ok(next);
            }
        }
        Err(contended())
    }

    async fn revised_health(
        &self,
        tenant: &Tenant,
        id: &EndpointId,
    ) -> Result<(Health, u64), StageError> {
        let found = self.last_of(ENDPOINTS_STREAM, &subjects::health(tenant, id)).await?;
        // One of another version counts from the beginning.
        Ok(found.map_or_else(
            || (Health::default(), 0),
            |message| {
                let health = serde_json::from_slice(&message.payload).unwrap_or_default();
                (health, message.sequence)
            },
        ))
    }

    async fn revised_endpoint(
        &self,
        tenant: &Tenant,
        id: &EndpointId,
    ) -> Result<Option<(Endpoint, u64)>, StageError> {
        let found = self.last_of(ENDPOINTS_STREAM, &subjects::endpoint(tenant, id)).await?;
        let read = |message: StreamMessage| {
            Endpoint::decode(&message.payload).map(|endpoint| (endpoint, message.sequence))
        };
        found.map(read).transpose()
    }

    /// The last message on `subject`, which may have wildcards, from the stream's leader; no marker of a
    /// removal.
    pub(super) async fn last_of(
        &self,
        stream: &str,
        subject: &str,
    ) -> Result<Option<StreamMessage>, StageError> {
        let stream = self.stream(stream).await?;
        match stream.get_last_raw_message_by_subject(subject).await {
            Ok(message) if message.headers.get(KV_OPERATION).is_some() => Ok(None),
            Ok(message) => Ok(Some(message)),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(away(error)),
        }
    }

    /// Stores `bytes` on `subject` if the last sequence there is `expected` (0: none). `false` when it is not.
    pub(super) async fn replace(
        &self,
        subject: String,
        bytes: Vec<u8>,
        expected: u64,
    ) -> Result<bool, StageError> {
        let mut headers = HeaderMap::new();
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, expected.to_string());
        let message = Message { subject, headers, payload: bytes.into() };
        match self.publish_confirmed(&message).await {
            (Ok(_), _) => Ok(true),
            // After an unanswered try the conflict may be with our own first copy.
            (Err(Unpublished::Conflict { subject }), true) => {
                let stream = self.stream_of(&subject);
                let stored = self.last_of(stream, &subject).await?;
                Ok(stored.is_some_and(|stored| stored.payload == message.payload))
            }
            (Err(Unpublished::Conflict { .. }), false) => Ok(false),
            (Err(error), _) => Err(error.into()),
        }
    }

    fn stream_of(&self, subject: &str) -> &'static str {
        match subject.starts_with(subjects::DELIVERIES_SUBJECT_PREFIX) {
            true => subjects::DELIVERIES_STREAM,
            false => ENDPOINTS_STREAM,
        }
    }
}
