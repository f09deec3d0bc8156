//! Following public events, for people and scripts at a console.
//!
//! Reading leaves nothing behind at the broker: the consumer is ordered, in memory, and made again
//! after a disconnection.

use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::message::Message;
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use serde_json::Value;

use super::broker::{Broker, away};
use super::names;
use crate::error::StageError;

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventsFrom {
    /// With the next one.
    Now,
    /// With the first one stored at or after this.
    Since(Timestamp),
    /// With the oldest one that is kept.
    All,
}

/// A stored public event.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicEvent {
    /// Its sequence in the stream.
    pub sequence: u64,
    /// Where it was published.
    pub subject: String,
    /// When the broker stored it.
    pub stored_at: Timestamp,
    /// `invoice.extracted` or `invoice.failed`, as its `schema` says.
    pub body: Value,
}

/// What was delivered already. A consumer that is made again before its first message starts with
/// the oldest one, whatever it was asked for.
#[derive(Debug)]
struct Delivered {
    last: u64,
    since: Option<Timestamp>,
}

impl Delivered {
    fn admits(&mut self, sequence: u64, stored_at: Timestamp) -> bool {
        let fresh = sequence > self.last && self.since.is_none_or(|since| stored_at >= since);
        self.last = self.last.max(sequence);
        fresh
    }
}

impl Broker {
    /// Public events in the order in which they were stored, without end: after those that are
    /// kept come new ones. Each comes once, also when the connection breaks in between.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer or has no such stream; in the stream, too.
    /// `Internal` in the stream for an event that is not JSON.
    pub async fn events(
        &self,
        from: EventsFrom,
    ) -> Result<impl Stream<Item = Result<PublicEvent, StageError>> + use<>, StageError> {
        let stream = self.context.get_stream(names::EVENTS_STREAM).await.map_err(away)?;
        let newest = stream.cached_info().state.last_sequence;
        let (deliver_policy, delivered) = match from {
            EventsFrom::All => (DeliverPolicy::All, Delivered { last: 0, since: None }),
            EventsFrom::Now => (
                DeliverPolicy::ByStartSequence { start_sequence: newest + 1 },
                Delivered { last: newest, since: None },
            ),
            EventsFrom::Since(since) => {
                let start_time =
                    async_nats::datetime::from_nanos(since.as_nanosecond()).map_err(|error| {
                        StageError::internal("time_out_of_range", error.to_string())
                    })?;
                let delivered = Delivered { last: 0, since: Some(since) };
                (DeliverPolicy::ByStartTime { start_time }, delivered)
            }
        };
        let config = OrderedConfig { deliver_policy, ..OrderedConfig::default() };
        let consumer = stream.create_consumer(config).await.map_err(away)?;
        let messages = consumer.messages().await.map_err(away)?;
        Ok(messages
            .scan(delivered, |delivered, message| {
                let event = match message.map_err(away).and_then(|message| event(&message)) {
                    Ok(event) => {
                        delivered.admits(event.sequence, event.stored_at).then_some(Ok(event))
                    }
                    Err(error) => Some(Err(error)),
                };
                std::future::ready(Some(event))
            })
            .filter_map(std::future::ready))
    }
}

fn event(message: &Message) -> Result<PublicEvent, StageError> {
    let unreadable =
        |reason: String| StageError::internal("event_unreadable", format!("an event: {reason}"));
    let info = message.info().map_err(|error| unreadable(error.to_string()))?;
    let stored_at = Timestamp::from_nanosecond(info.published.unix_timestamp_nanos())
        .map_err(|error| unreadable(error.to_string()))?;
    let body =
        serde_json::from_slice(&message.payload).map_err(|error| unreadable(error.to_string()))?;
    let subject = message.subject.to_string();
    Ok(PublicEvent { sequence: info.stream_sequence, subject, stored_at, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_consumer_that_starts_over_delivers_nothing_twice() {
        let mut delivered = Delivered { last: 0, since: None };
        let admitted: Vec<u64> =
            [1, 2, 1, 2, 3].into_iter().filter(|n| delivered.admits(*n, at(0))).collect();
        assert_eq!(admitted, [1, 2, 3]);
    }

    #[test]
    fn a_consumer_that_starts_over_delivers_nothing_from_before_the_beginning() {
        let mut from_now = Delivered { last: 7, since: None };
        assert!(!from_now.admits(1, at(9)) && from_now.admits(8, at(9)));
        let mut from_then = Delivered { last: 0, since: Some(at(5)) };
        assert!(!from_then.admits(1, at(4)) && from_then.admits(2, at(5)));
    }
}
