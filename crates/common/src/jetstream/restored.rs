//! What copies of different moments do not agree on and no service could mend: a document that had not ended when
//! the statuses were copied, and had when the events were. Read once more it would have an event of one reading and a status of
//! another, or fail although an event says that it was read.

use async_nats::jetstream::message::StreamMessage;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::broker::{Broker, away};
use super::names;
use super::names::webhooks::parse_event;
use super::statuses::Change;
use crate::error::StageError;
use crate::event::{EventKind, InvoiceFailed};
use crate::status::record::ResultJson;
use crate::status::told::ToldEnd;

/// Documents looked at at once: each is two or three questions, and nothing else runs meanwhile.
const AT_ONCE: usize = 16;

impl Broker {
    /// Ends the documents that had ended when their events were copied. Returns how many. For a broker that was
    /// just restored, before any service runs; may be repeated.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer, `Internal` for what another version has stored.
    pub async fn end_as_told(&self) -> Result<u64, StageError> {
        let mut ended = 0;
        for kind in [EventKind::Extracted, EventKind::Failed] {
            let listed =
                self.subjects(names::EVENTS_STREAM, &format!("{}.>", kind.as_str())).await?;
            let subjects = stream::iter(listed).map(|(subject, _)| self.end_as_told_on(subject));
            let done: Vec<bool> = subjects.buffer_unordered(AT_ONCE).try_collect().await?;
            ended += done.into_iter().filter(|done| *done).count() as u64;
        }
        Ok(ended)
    }

    /// Whether the event on `subject` tells of an end that its document's status does not know.
    async fn end_as_told_on(&self, subject: String) -> Result<bool, StageError> {
        let Some((kind, tenant, id)) = parse_event(&subject) else { return Ok(false) };
        let generation = names::generation_of(&subject);
        let Some(read) = self.status_at_leader(&id).await? else { return Ok(false) };
        if read.record.tenant != tenant || !read.record.is_before_end_of(generation) {
            return Ok(false);
        }
        let events = self.stream(names::EVENTS_STREAM).await?;
        let event = events.get_last_raw_message_by_subject(&subject).await.map_err(away)?;
        let (end, at) = end_of(&kind, &event)?;
        let change = self.change_status(&id, |record| {
            record.ended_as_told(generation, end.clone(), at).ok_or(())
        });
        Ok(matches!(change.await?, Change::Stored(_)))
    }
}

fn end_of(kind: &str, event: &StreamMessage) -> Result<(ToldEnd, Timestamp), StageError> {
    let unreadable =
        |error: serde_json::Error| StageError::internal("event_unreadable", error.to_string());
    if kind == EventKind::Failed.as_str() {
        let told: InvoiceFailed = serde_json::from_slice(&event.payload).map_err(unreadable)?;
        let InvoiceFailed { error, attempts, failed_at, .. } = told;
        return Ok((ToldEnd::Failed { error, attempts }, failed_at));
    }
    let result = ResultJson(serde_json::from_slice(&event.payload).map_err(unreadable)?);
    let stored_at = Timestamp::from_nanosecond(event.time.unix_timestamp_nanos());
    Ok((ToldEnd::Completed(result), stored_at.unwrap_or(Timestamp::UNIX_EPOCH)))
}
