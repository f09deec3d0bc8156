//! The log of deliveries: a record for each, moved on by compare-and-set, listed newest first.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::error::StageError;
use crate::id::Tenant;
use crate::jetstream::broker::Broker;
use crate::jetstream::names::webhooks::{self as subjects, DELIVERIES_STREAM, DeliverySubject};
use crate::jetstream::objects::UpTo;
use crate::jetstream::statuses::{MAX_ROUNDS, contended};
use crate::webhook::{Delivery, DeliveryId, DeliveryState, EndpointId};

/// The place of a delivery in the list: when it was made, and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    created_at: Timestamp,
    id: DeliveryId,
}

impl Position {
    /// Of `delivery`.
    #[must_use]
    pub fn of(delivery: &Delivery) -> Self {
        Self { created_at: delivery.created_at, id: delivery.id.clone() }
    }
}

/// Text that is no [`Position`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPosition;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.created_at.as_nanosecond(), self.id)
    }
}

impl FromStr for Position {
    type Err = BadPosition;

    fn from_str(text: &str) -> Result<Self, BadPosition> {
        let (at, id) = text.split_once('-').ok_or(BadPosition)?;
        let at: i128 = at.parse().map_err(|_| BadPosition)?;
        Ok(Self {
            created_at: Timestamp::from_nanosecond(at).map_err(|_| BadPosition)?,
            id: id.parse().map_err(|_| BadPosition)?,
        })
    }
}

/// Part of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct LogPage {
    /// Newest first.
    pub deliveries: Vec<Delivery>,
    /// Where it goes on; `None` at the end.
    pub next: Option<Position>,
}

/// What became of the wish to send something again.
#[derive(Clone, Debug, PartialEq)]
pub enum Replayed {
    /// It will be sent.
    Queued(Box<Delivery>),
    /// Its event is not kept any more, or was removed with its document.
    EventGone,
    /// There is no such delivery.
    NotFound,
}

pub(super) fn subject_of(delivery: &Delivery) -> DeliverySubject {
    DeliverySubject {
        tenant: delivery.tenant.clone(),
        endpoint: delivery.endpoint.clone(),
        document: delivery.document.clone(),
        delivery: delivery.id.clone(),
    }
}

impl Broker {
    /// The newest deliveries to an endpoint, or those before `before`; at most `limit` of them, and only those in
    /// `state` if one is named.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub async fn deliveries_of(
        &self,
        tenant: &Tenant,
        endpoint: &EndpointId,
        before: Option<&Position>,
        state: Option<DeliveryState>,
        limit: usize,
    ) -> Result<LogPage, StageError> {
        let filter = subjects::log_of_endpoint(tenant, endpoint);
        // The newest of all that are seen, and one more, which tells whether there are others.
        let mut newest: BTreeMap<Position, Delivery> = BTreeMap::new();
        self.each_latest(DELIVERIES_STREAM, &filter, |latest| {
            // One that cannot be read was made by a newer gateway.
            let Some(Ok(delivery)) = latest.body.as_deref().map(Delivery::decode) else { return };
            let position = Position::of(&delivery);
            let fits = state.is_none_or(|state| state == delivery.state)
                && before.is_none_or(|before| position < *before);
            if fits {
                newest.insert(position, delivery);
                if newest.len() > limit.saturating_add(1) {
                    newest.pop_first();
                }
            }
        })
        .await?;
        let more = newest.len() > limit;
        if more {
            newest.pop_first();
        }
        let next = more.then(|| newest.keys().next().cloned()).flatten();
        Ok(LogPage { deliveries: newest.into_values().rev().collect(), next })
    }

    /// One delivery to an endpoint of `tenant`, from the log's leader.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer, `Internal` for a record of another version.
    pub async fn delivery(
        &self,
        tenant: &Tenant,
        endpoint: &EndpointId,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, StageError> {
        let filter = subjects::log_of_delivery(tenant, endpoint, id);
        let found = self.last_of(DELIVERIES_STREAM, &filter).await?;
        found.map(|message| Delivery::decode(&message.payload)).transpose()
    }

    /// Has a delivery of `tenant` sent again, from the beginning and under the same name, whatever became of it.
    ///
    /// # Errors
    /// As [`Self::delivery`]; also when the queue has no room.
    pub async fn replay_delivery(
        &self,
        tenant: &Tenant,
        endpoint: &EndpointId,
        id: &DeliveryId,
    ) -> Result<Replayed, StageError> {
        for _ in 0..MAX_ROUNDS {
            let Some(found) = self.delivery(tenant, endpoint, id).await? else {
                return Ok(Replayed::NotFound);
            };
            let subject = subject_of(&found);
            let Some((found, revision)) = self.record_of(&subject).await? else {
                return Ok(Replayed::NotFound);
            };
            if self.is_event_gone(&found.document, &found.event).await? {
                return Ok(Replayed::EventGone);
            }
            let again = found.again();
            if !self.store_delivery(&again, revision).await? {
                continue;
            }
            self.enqueue(&again).await?;
            // Who erased the document meanwhile may have looked before the job was there.
            if self.is_event_gone(&again.document, &again.event).await? {
                self.forget_delivery(&subject).await?;
                return Ok(Replayed::EventGone);
            }
            return Ok(Replayed::Queued(Box::new(again)));
        }
        Err(contended())
    }

    /// The record of a delivery and its revision, from the log's leader.
    pub(super) async fn record_of(
        &self,
        subject: &DeliverySubject,
    ) -> Result<Option<(Delivery, u64)>, StageError> {
        let Some(message) = self.last_of(DELIVERIES_STREAM, &subject.record()).await? else {
            return Ok(None);
        };
        Ok(Some((Delivery::decode(&message.payload)?, message.sequence)))
    }

    /// Stores `delivery` if the last revision is `expected` (0: none). `false` when it is not.
    pub(super) async fn store_delivery(
        &self,
        delivery: &Delivery,
        expected: u64,
    ) -> Result<bool, StageError> {
        self.replace(subject_of(delivery).record(), delivery.encode()?, expected).await
    }

    /// Removes the record and the jobs of one delivery.
    pub(super) async fn forget_delivery(
        &self,
        subject: &DeliverySubject,
    ) -> Result<(), StageError> {
        self.purge(subjects::CALLBACKS_STREAM, subject.job(), UpTo::Now).await?;
        self.purge(DELIVERIES_STREAM, subject.record(), UpTo::Now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let endpoint: EndpointId = "00112233445566ff".parse().unwrap();
        let id = DeliveryId::of(&endpoint, "event");
        let position = Position { created_at: Timestamp::from_second(7).unwrap(), id };
        assert_eq!(position.to_string().parse(), Ok(position.clone()));
        let later = Position { created_at: Timestamp::from_second(8).unwrap(), ..position.clone() };
        assert!(later > position);
        for bad in ["", "7", "x-dlv_00", "7-dlv_00"] {
            assert_eq!(bad.parse::<Position>(), Err(BadPosition), "{bad}");
        }
    }
}
