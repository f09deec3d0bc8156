//! The operator's view of what could not be finished: list, show, replay, discard.

use async_nats::HeaderMap;
use async_nats::jetstream::stream::DirectGetErrorKind;
use jiff::Timestamp;
use thiserror::Error;

use super::broker::{Broker, away};
use super::names;
use super::publish::{Message, Unpublished};
use super::statuses::Change;
use crate::error::StageError;
use crate::event::DeadLetter;
use crate::id::DocumentId;
use crate::status::State;

/// All dead letters.
const ALL: &str = "invoice.dead.>";

/// Headers of the original that must not be sent again: they are the broker's instructions, not
/// the message's.
const BROKER_HEADERS: &str = "Nats-";

/// A dead letter that cannot be dealt with.
#[derive(Debug, Error)]
pub enum DeadLetterError {
    /// No such letter.
    #[error("there is no dead letter of {0}")]
    NotFound(String),
    /// The document has moved on since.
    #[error("document {id} is {state:?}, only a failed one can be replayed")]
    NotFailed {
        /// The document.
        id: String,
        /// Its state.
        state: State,
    },
    /// The document's status has expired, so nothing is left to replay.
    #[error("document {0} has no status any more")]
    NoStatus(String),
    /// The broker.
    #[error(transparent)]
    Broker(#[from] StageError),
}

impl From<Unpublished> for DeadLetterError {
    fn from(error: Unpublished) -> Self {
        Self::Broker(error.into())
    }
}

/// A dead letter and where it lies.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its sequence in the stream.
    pub sequence: u64,
    /// What it is called: the document's id, or `unknown-<sequence>`.
    pub name: String,
    /// The letter.
    pub letter: DeadLetter,
}

impl Broker {
    /// All dead letters, oldest first.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub async fn dead_letters(&self) -> Result<Vec<Kept>, DeadLetterError> {
        self.dead_letters_on(ALL).await
    }

    /// Those on `subject`, oldest first.
    async fn dead_letters_on(&self, subject: &str) -> Result<Vec<Kept>, DeadLetterError> {
        let stream = self.stream(names::DEAD_STREAM).await?;
        let (mut kept, mut sequence) = (Vec::new(), 1);
        loop {
            let next = stream.direct_get_next_for_subject(subject, Some(sequence)).await;
            let message = match next {
                Ok(message) => message,
                Err(error) if error.kind() == DirectGetErrorKind::NotFound => return Ok(kept),
                Err(error) => {
                    return Err(away(error).into());
                }
            };
            sequence = message.sequence + 1;
            let name = message.subject.rsplit('.').next().unwrap_or_default().to_owned();
            match ciborium::from_reader(&message.payload[..]) {
                Ok(letter) => kept.push(Kept { sequence: message.sequence, name, letter }),
                Err(error) => tracing::warn!(%error, name, "dead letter of another version"),
            }
        }
    }

    /// The newest dead letter called `name`.
    ///
    /// # Errors
    /// [`DeadLetterError::NotFound`] and the broker's.
    pub async fn dead_letter(&self, name: &str) -> Result<Kept, DeadLetterError> {
        let mut found = self.dead_letters_called(name).await?;
        found.pop().ok_or_else(|| DeadLetterError::NotFound(name.to_owned()))
    }

    /// At most one for each stage.
    pub(super) async fn dead_letters_called(
        &self,
        name: &str,
    ) -> Result<Vec<Kept>, DeadLetterError> {
        // A name comes from the command line: a wildcard must not find every letter.
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') || name.is_empty() {
            return Ok(Vec::new());
        }
        self.dead_letters_on(&names::dead_letters_of(name)).await
    }

    /// Processes a failed document once more, as its next generation, and removes its dead
    /// letter. A message that nobody could read is published again as it was.
    ///
    /// # Errors
    /// [`DeadLetterError`]; nothing has changed then, or the replay is under way and only the
    /// letter is still there.
    pub async fn replay(&self, name: &str) -> Result<Option<u32>, DeadLetterError> {
        let kept = match self.dead_letter(name).await {
            Ok(kept) => kept,
            // It may have expired, or newer ones have pushed it out. A document needs none: its
            // status knows what to do.
            Err(missing @ DeadLetterError::NotFound(_)) => {
                return match name.parse() {
                    Ok(id) => self.replay_document(&id, missing).await.map(Some),
                    Err(_) => Err(missing),
                };
            }
            Err(error) => return Err(error),
        };
        let generation = match &kept.letter.id {
            Some(id) => {
                let no_status = DeadLetterError::NoStatus(name.to_owned());
                Some(self.replay_document(id, no_status).await?)
            }
            None => {
                let message_id = format!("replay:{name}:{}", kept.sequence);
                self.publish(original(&kept.letter), &message_id).await?;
                None
            }
        };
        self.discard(name).await?;
        Ok(generation)
    }

    /// Starts the next generation of a failed document; `missing` is the answer where it has no
    /// status.
    async fn replay_document(
        &self,
        id: &DocumentId,
        missing: DeadLetterError,
    ) -> Result<u32, DeadLetterError> {
        let change =
            self.change_status(id, |record| record.replayed(Timestamp::now()).ok_or(record.state));
        let record = match change.await? {
            Change::Stored(record) => record,
            Change::Missing => return Err(missing),
            Change::Declined(state) => {
                return Err(DeadLetterError::NotFailed { id: id.to_string(), state });
            }
        };
        self.publish_job(&record).await?;
        Ok(record.generation)
    }

    /// Removes all dead letters called `name`; their document stays failed.
    ///
    /// # Errors
    /// [`DeadLetterError::NotFound`] and the broker's.
    pub async fn discard(&self, name: &str) -> Result<(), DeadLetterError> {
        let stream = self.stream(names::DEAD_STREAM).await?;
        let found = self.dead_letters_called(name).await?;
        if found.is_empty() {
            return Err(DeadLetterError::NotFound(name.to_owned()));
        }
        for kept in found {
            stream.delete_message(kept.sequence).await.map_err(away)?;
        }
        Ok(())
    }
}

fn original(letter: &DeadLetter) -> Message {
    let mut headers = HeaderMap::new();
    for (name, value) in &letter.headers {
        if !name.starts_with(BROKER_HEADERS) {
            headers.append(name.as_str(), value.as_str());
        }
    }
    let payload = letter.payload.clone().into();
    Message { subject: letter.subject.clone(), headers, payload }
}
