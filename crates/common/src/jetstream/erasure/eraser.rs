//! Removes for those who may not: stages ask, the gateway looks whether they are right, and does it.
//!
//! A question is a request that the broker does not keep. Who asks holds the message that stands for
//! what it has left, and asks again until somebody answers; so nothing is forgotten while no
//! gateway runs.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::marker::Slot;
use super::{Progress, Search};
use crate::error::StageError;
use crate::id::{DocumentId, Tenant};
use crate::jetstream::broker::{Broker, away};
use crate::jetstream::names;
use crate::object::Bucket;
use crate::stage::StageName;
use crate::status::StatusRecord;

/// Gateways that share the questions.
const GROUP: &str = "eraser";

/// Longest wait for an answer: a search by name lists every object of everybody.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Removals at once: each waits for the disk a few times.
const REMOVALS_AT_ONCE: usize = 4;

/// Pause before questions are listened to again after the broker refused.
const LISTEN_PAUSE: Duration = Duration::from_secs(2);

/// What somebody wants to be removed of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::jetstream) enum Wish {
    /// Everything, since it was erased.
    Erased {
        /// How its objects are found.
        search: Search,
    },
    /// What follows from the end of an upload that was erased.
    Ended(End),
    /// What stages made of it, since it begins anew as this generation.
    Remade {
        /// The generation that begins.
        generation: u32,
    },
}

/// The end of one processing of one upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::jetstream) struct End {
    pub(super) tenant: Tenant,
    pub(super) generation: u32,
    received_at: Timestamp,
    correlation_id: String,
}

impl End {
    pub(super) fn of(ended: &StatusRecord) -> Self {
        Self {
            tenant: ended.tenant.clone(),
            generation: ended.generation,
            received_at: ended.received_at,
            correlation_id: ended.correlation_id.clone(),
        }
    }

    /// Whether the upload was erased and came again as `now`. Its generations go on counting, so
    /// whoever names the present one, or a later one, is wrong or lies.
    fn is_before(&self, now: &StatusRecord) -> bool {
        let same = now.received_at == self.received_at && now.correlation_id == self.correlation_id;
        !same && self.generation < now.generation
    }
}

/// What is answered.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Answer {
    /// Why it could not be done; nothing when it was.
    error: Option<String>,
}

impl Broker {
    /// Asks for `wish` and waits until it is done.
    ///
    /// # Errors
    /// `Transient` while nobody answers who may do it, or while it cannot be done; ask again.
    pub(in crate::jetstream) async fn ask_to_remove(
        &self,
        id: &DocumentId,
        wish: &Wish,
    ) -> Result<(), StageError> {
        let body = serde_json::to_vec(wish)
            .map_err(|error| StageError::internal("encode_failed", error.to_string()))?;
        let request = async_nats::Request::new().payload(body.into()).timeout(Some(ANSWER_TIMEOUT));
        let failed = |reason: String| {
            StageError::transient("eraser_away", format!("no gateway has removed: {reason}"))
        };
        let answer = self.client.send_request(names::erasure_subject(id), request).await;
        let answer = answer.map_err(|error| failed(error.to_string()))?;
        match serde_json::from_slice(&answer.payload) {
            Ok(Answer { error: None }) => Ok(()),
            Ok(Answer { error: Some(reason) }) => Err(failed(reason)),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// Does what was asked for, if it is right to.
    async fn grant(&self, id: &DocumentId, wish: &Wish) -> Result<(), StageError> {
        match (wish, self.slot(id).await?) {
            (Wish::Erased { search }, Slot::Erased(_)) => {
                self.clear(id, *search, Progress::Cleared).await
            }
            (Wish::Ended(end), Slot::Erased(_)) => {
                self.withdraw(id, end).await?;
                self.clear(id, Search::ByChunks, Progress::Cleared).await
            }
            (Wish::Ended(end), Slot::Live(now)) if end.is_before(&now.record) => {
                self.withdraw(id, end).await
            }
            (Wish::Remade { generation }, Slot::Live(now)) if begins(&now.record, *generation) => {
                self.remove_objects(Bucket::Work, id).await
            }
            // The document has moved on: what was to be removed is gone, or not theirs to remove.
            _ => Ok(()),
        }
    }
}

/// Whether the document is at its beginning, as `generation`.
fn begins(record: &StatusRecord, generation: u32) -> bool {
    let at_beginning = record.stage == StageName::Preprocess && !record.state.is_terminal();
    at_beginning && record.generation == generation
}

/// Answers questions until `stop`.
pub(in crate::jetstream) async fn serve(broker: Broker, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = answer_all(&broker, &stop).await {
            tracing::warn!(%error, "questions of stages cannot be heard");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LISTEN_PAUSE) => {}
        }
    }
}

async fn answer_all(broker: &Broker, stop: &CancellationToken) -> Result<(), StageError> {
    let listening = broker.client.queue_subscribe(names::ERASURE_SUBJECTS, GROUP.to_owned()).await;
    let questions = listening.map_err(away)?.take_until(stop.cancelled());
    questions.for_each_concurrent(REMOVALS_AT_ONCE, |question| answer(broker, question)).await;
    Ok(())
}

async fn answer(broker: &Broker, question: async_nats::Message) {
    let Some(reply) = question.reply else { return };
    let id = question.subject.rsplit('.').next().and_then(|id| id.parse().ok());
    let wish = serde_json::from_slice(&question.payload).ok();
    let error = match (id, wish) {
        (Some(id), Some(wish)) => {
            broker.grant(&id, &wish).await.err().map(|error| error.to_string())
        }
        _ => Some("a question that nobody here understands".to_owned()),
    };
    let body = serde_json::to_vec(&Answer { error }).map(Bytes::from).unwrap_or_default();
    if let Err(error) = broker.client.publish(reply, body).await {
        tracing::warn!(%error, "a question of a stage was not answered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::State;
    use crate::testing::accepted_record;

    fn record(correlation_id: &str, generation: u32) -> StatusRecord {
        let correlation_id = correlation_id.to_owned();
        StatusRecord { correlation_id, generation, ..accepted_record() }
    }

    #[test]
    fn only_what_an_earlier_upload_has_left_may_be_withdrawn() {
        let end = End::of(&record("first", 3));
        let table = [("first", 3, false), ("first", 4, false), ("second", 4, true)];
        for (upload, generation, before) in table {
            assert_eq!(end.is_before(&record(upload, generation)), before, "{upload} {generation}");
        }
        assert!(!end.is_before(&record("second", 3)), "its present generation is nobody's to take");
    }

    #[test]
    fn work_is_removed_of_a_document_at_its_beginning_only() {
        let now = record("first", 2);
        assert!(begins(&now, 2));
        assert!(!begins(&now, 1));
        assert!(!begins(&StatusRecord { stage: StageName::Ocr, ..now.clone() }, 2));
        assert!(!begins(&StatusRecord { state: State::Failed, ..now }, 2));
    }

    #[test]
    fn a_wish_is_read_as_it_was_written_and_nothing_else_is() {
        let wishes = [
            Wish::Erased { search: Search::ByName },
            Wish::Ended(End::of(&record("first", 1))),
            Wish::Remade { generation: 2 },
        ];
        for wish in wishes {
            let text = serde_json::to_string(&wish).unwrap();
            assert_eq!(serde_json::from_str::<Wish>(&text).unwrap(), wish, "{text}");
        }
        assert!(serde_json::from_str::<Wish>(r#"{"wish":"everything"}"#).is_err());
    }
}
