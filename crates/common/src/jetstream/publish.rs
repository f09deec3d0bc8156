//! Publishing that survives a leader change: repeated with the same `Nats-Msg-Id` until the broker
//! confirms that the message is stored.

use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::{self, ErrorCode};
use bytes::Bytes;
use rand::Rng;
use thiserror::Error;
use tokio::time::Instant;

use super::broker::{Broker, Denied, forbidden};
use super::place::Place;
use super::quota;
use crate::error::StageError;

/// First pause between two tries; doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// A leader change takes 5 to 7 s: look again often enough to go on soon after it.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Code of the error for a queue or a store that takes no more.
pub const FULL: &str = "broker_full";

/// A message that is not stored.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unpublished {
    /// The stream keeps one message per subject and has it. For events that is success.
    #[error("the stream already holds a message for {subject}")]
    AlreadyStored {
        /// The subject.
        subject: String,
    },
    /// Another writer was first (compare-and-set).
    #[error("another message was stored on {subject} first")]
    Conflict {
        /// The subject.
        subject: String,
    },
    /// The queue or the disk quota is full.
    #[error("{place} has no room: {reason}")]
    Full {
        /// Which of them.
        place: Place,
        /// The broker's words, or ours.
        reason: String,
    },
    /// A value that has no wire form, which is a bug.
    #[error("a message cannot be encoded: {reason}")]
    Unencodable {
        /// The encoder's words.
        reason: String,
    },
    /// Larger than the broker takes.
    #[error("a message is larger than the broker takes: {reason}")]
    TooLarge {
        /// The broker's words.
        reason: String,
    },
    /// This service's user may not publish there. The broker drops it without an answer.
    #[error("{denied}")]
    Forbidden {
        /// What it may not do.
        denied: Denied,
    },
    /// Nobody confirmed it in time. It may be stored all the same.
    #[error("the broker did not confirm a message within {waited:?}: {reason}")]
    Unconfirmed {
        /// How long it was tried.
        waited: Duration,
        /// The last answer.
        reason: String,
    },
}

impl Unpublished {
    /// It was tried once, and nobody confirmed it.
    pub(super) fn unconfirmed(reason: impl ToString) -> Self {
        Self::Unconfirmed { waited: Duration::ZERO, reason: reason.to_string() }
    }
}

impl From<Unpublished> for StageError {
    fn from(error: Unpublished) -> Self {
        let message = error.to_string();
        match error {
            Unpublished::AlreadyStored { .. } | Unpublished::Conflict { .. } => {
                Self::internal("publish_conflict", message)
            }
            Unpublished::Full { .. } => Self::transient(FULL, message),
            Unpublished::Unencodable { .. } => Self::internal("encode_failed", message),
            Unpublished::TooLarge { .. } => Self::rejected("result_too_large", message),
            Unpublished::Forbidden { denied } => forbidden(&denied),
            Unpublished::Unconfirmed { .. } => Self::transient("broker_away", message),
        }
    }
}

/// A message to be stored.
#[derive(Clone, Debug)]
pub struct Message {
    /// Where to.
    pub subject: String,
    /// Headers besides `Nats-Msg-Id`.
    pub headers: HeaderMap,
    /// Body.
    pub payload: Bytes,
}

/// What the broker answered to a stored message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its sequence in the stream.
    pub sequence: u64,
    /// Whether at least one try before went unanswered, so that an earlier copy may be the one
    /// that is stored.
    pub retried: bool,
}

impl Broker {
    /// Stores `message` under `message_id`, trying for at least the configured patience.
    ///
    /// # Errors
    /// [`Unpublished`]; only `Unconfirmed` leaves open whether the message is stored.
    pub async fn publish(
        &self,
        mut message: Message,
        message_id: &str,
    ) -> Result<Stored, Unpublished> {
        message.headers.insert(NATS_MESSAGE_ID, message_id);
        self.publish_confirmed(&message).await.0
    }

    /// Stores `message`, which counts, under `message_id`. The second part is the counter's total; `None` when
    /// an earlier copy was the one that counted.
    ///
    /// # Errors
    /// As [`Broker::publish`].
    pub(super) async fn publish_counted(
        &self,
        mut message: Message,
        message_id: &str,
    ) -> Result<(Stored, Option<u64>), Unpublished> {
        message.headers.insert(NATS_MESSAGE_ID, message_id);
        let (outcome, retried) = self.publish_patiently(&message).await;
        let PublishAck { sequence, value, .. } = outcome?;
        let total = value.as_deref().and_then(quota::total);
        Ok((Stored { sequence, retried }, total))
    }

    /// Stores `message`; the second part says whether a try went unanswered before the outcome.
    pub(super) async fn publish_confirmed(
        &self,
        message: &Message,
    ) -> (Result<Stored, Unpublished>, bool) {
        let (outcome, retried) = self.publish_patiently(message).await;
        (outcome.map(|PublishAck { sequence, .. }| Stored { sequence, retried }), retried)
    }

    /// The broker's answer to `message`, and whether a try went unanswered before it.
    async fn publish_patiently(
        &self,
        message: &Message,
    ) -> (Result<PublishAck, Unpublished>, bool) {
        let (started, asked) = (Instant::now(), std::time::Instant::now());
        let mut pause = FIRST_PAUSE;
        let mut retried = false;
        loop {
            let error = match self.publish_once(message).await {
                Ok(answer) => return (Ok(answer), retried),
                Err(error) => error,
            };
            match refusal(&message.subject, &error) {
                Unpublished::Unconfirmed { reason, .. } => {
                    if let Some(denied) = self.denied_since(asked, Some(&message.subject)) {
                        return (Err(Unpublished::Forbidden { denied }), retried);
                    }
                    let waited = started.elapsed();
                    if waited >= self.patience {
                        return (Err(Unpublished::Unconfirmed { waited, reason }), retried);
                    }
                }
                refused => return (Err(refused), retried),
            }
            retried = true;
            tracing::debug!(%error, "publish is tried again");
            let jittered = pause.mul_f64(rand::rng().random_range(0.5..1.5));
            tokio::time::sleep(jittered).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn publish_once(&self, message: &Message) -> Result<PublishAck, PublishError> {
        let Message { subject, headers, payload } = message.clone();
        self.context.publish_with_headers(subject, headers, payload).await?.await
    }
}

/// What a failed publish on `subject` means. `Unconfirmed` for everything that may pass: what we
/// do not know is taken for passing, since trying again loses nothing but time.
pub(super) fn refusal(subject: &str, error: &PublishError) -> Unpublished {
    let subject = subject.to_owned();
    let passing = || Unpublished::unconfirmed(error);
    match error.kind() {
        PublishErrorKind::WrongLastSequence | PublishErrorKind::WrongLastMessageId => {
            Unpublished::Conflict { subject }
        }
        PublishErrorKind::MaxPayloadExceeded => Unpublished::TooLarge { reason: error.to_string() },
        // Sent while the stream has no leader: "no responders", which the client calls not found.
        PublishErrorKind::StreamNotFound
        | PublishErrorKind::TimedOut
        | PublishErrorKind::BrokenPipe
        | PublishErrorKind::MaxAckPending => passing(),
        PublishErrorKind::Other => match api_error(error) {
            Some(answer) => refusal_by_code(subject, answer).unwrap_or_else(passing),
            None => passing(),
        },
    }
}

fn refusal_by_code(subject: String, answer: &jetstream::Error) -> Option<Unpublished> {
    let reason = answer.to_string();
    match answer.error_code() {
        // One code for several refusals; only the text tells them apart.
        ErrorCode::STREAM_STORE_FAILED if reason.contains("per subject") => {
            Some(Unpublished::AlreadyStored { subject })
        }
        ErrorCode::STREAM_STORE_FAILED => {
            Some(Unpublished::Full { place: Place::of_subject(&subject), reason })
        }
        ErrorCode::INSUFFICIENT_RESOURCES | ErrorCode::STORAGE_RESOURCES_EXCEEDED => {
            Some(Unpublished::Full { place: Place::Disk, reason })
        }
        ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM => Some(Unpublished::TooLarge { reason }),
        // Among them 10158, "duplicate message id is in process" (the first copy is still being
        // replicated), and 10167, "too many requests" (the ingest buffer is full for a moment).
        _ => None,
    }
}

fn api_error(error: &PublishError) -> Option<&jetstream::Error> {
    std::error::Error::source(error)?.downcast_ref()
}
