//! Jobs that nobody is given any more, of documents that have ended: their deliveries ran out while
//! what follows from the end could not be stored, a full stream of events for hours, say. The
//! message is what stands for it, so it goes when that is done.

use async_nats::jetstream::stream::DirectGetErrorKind;

use crate::error::StageError;
use crate::id::DocumentId;
use crate::jetstream::broker::{Broker, away};
use crate::jetstream::ending::Original;
use crate::jetstream::names;
use crate::stage::StageName;

/// Messages looked at in one go. Those that are done with are gone at the next.
const MAX_LOOKS: usize = 1000;

/// Where the deliveries of a queue's consumer stand.
#[derive(Clone, Copy, Debug)]
struct Standing {
    /// Messages in the queue.
    messages: u64,
    /// Those that were never delivered.
    waiting: u64,
    /// Those that are leased, or due again.
    leased: u64,
    /// The newest one that was ever delivered.
    delivered: u64,
}

impl Standing {
    /// Whether some message is neither waiting nor leased.
    fn has_undelivered(&self) -> bool {
        self.messages > self.waiting.saturating_add(self.leased)
    }
}

/// Stores what follows from the ends of documents whose jobs are not delivered any more. Returns of
/// how many.
///
/// # Errors
/// `Transient` while the broker does not answer or has no room; the next go tries again.
pub async fn conclude_undelivered(broker: &Broker) -> Result<u64, StageError> {
    let mut concluded = 0;
    for stage in StageName::ALL {
        let standing = standing(broker, stage).await?;
        if standing.has_undelivered() {
            concluded += conclude(broker, stage, standing.delivered).await?;
        }
    }
    Ok(concluded)
}

async fn standing(broker: &Broker, stage: StageName) -> Result<Standing, StageError> {
    let stream = broker.stream(names::job_stream(stage)).await?;
    // The consumer first: a message that comes in between is one too many in the stream, which
    // costs a look, and none is overlooked for good.
    let consumer = stream.consumer_info(names::job_consumer(stage)).await.map_err(away)?;
    let info = stream.get_info().await.map_err(away)?;
    Ok(Standing {
        messages: info.state.messages,
        waiting: consumer.num_pending,
        leased: consumer.num_ack_pending as u64,
        delivered: consumer.delivered.stream_sequence,
    })
}

async fn conclude(broker: &Broker, stage: StageName, delivered: u64) -> Result<u64, StageError> {
    let stream = broker.stream(names::job_stream(stage)).await?;
    let all = format!("{}>", names::job_subject_prefix(stage));
    let (mut concluded, mut sequence) = (0, 1);
    for _ in 0..MAX_LOOKS {
        let message = match stream.direct_get_next_for_subject(&all, Some(sequence)).await {
            Ok(message) if message.sequence <= delivered => message,
            Ok(_) => break,
            Err(error) if error.kind() == DirectGetErrorKind::NotFound => break,
            Err(error) => return Err(away(error)),
        };
        sequence = message.sequence + 1;
        let id = message.subject.rsplit('.').next().and_then(|id| id.parse().ok());
        let stored_at = message.sequence;
        let original = Original::stored(message);
        if let Some(id) = id
            && store_ending_of(broker, &id, &original).await?
        {
            // If somebody has it leased after all, the lease ends with nothing to answer.
            stream.delete_message(stored_at).await.map_err(away)?;
            tracing::warn!("invoice.id" = %id, %stage, "what follows from an end was stored late");
            concluded += 1;
        }
    }
    Ok(concluded)
}

/// Whether the document has ended, and everything that follows from that is stored.
async fn store_ending_of(
    broker: &Broker,
    id: &DocumentId,
    original: &Original,
) -> Result<bool, StageError> {
    let Some(read) = broker.status_at_leader(id).await? else { return Ok(false) };
    if !read.record.state.is_terminal() {
        return Ok(false);
    }
    broker.store_ending(&read.record, original).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_neither_waiting_nor_leased_is_left_over() {
        let table = [(0, 0, 0, false), (5, 3, 2, false), (5, 2, 2, true), (1, 0, 0, true)];
        for (messages, waiting, leased, left_over) in table {
            let standing = Standing { messages, waiting, leased, delivered: 0 };
            assert_eq!(standing.has_undelivered(), left_over, "{standing:?}");
        }
    }
}
