//! The bucket of API keys: makes, lists, revokes and follows them, and notes when they were used.

use std::collections::BTreeMap;

use async_nats::HeaderMap;
use async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::broker::{Broker, away};
use super::latest::Latest;
use super::names;
use super::publish::{Message, Unpublished};
use super::statuses::{KV_OPERATION, MAX_ROUNDS, contended};
use crate::error::StageError;
use crate::key::{KeyId, KeyRecord};
use crate::versioned;

/// Version of [`Used`].
const USED_VERSION: u16 = 1;

/// When a key was last used, about.
#[derive(Serialize, Deserialize)]
struct Used {
    version: u16,
    at: Timestamp,
}

/// A key that came, changed or went.
#[derive(Clone, Debug)]
pub struct KeyChange {
    /// Its sequence in the stream.
    pub sequence: u64,
    /// Keys that were there already and still follow; 0 with the last one.
    pub pending: u64,
    /// Which key.
    pub id: KeyId,
    /// What is kept of it; `None` when it was removed, or cannot be read, and opens nothing.
    pub record: Option<KeyRecord>,
}

/// A key with its last use.
#[derive(Clone, Debug)]
pub struct ListedKey {
    /// What is kept of it.
    pub record: KeyRecord,
    /// When it was last used, give or take a minute.
    pub used_at: Option<Timestamp>,
}

/// What became of the wish to revoke a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// It opens nothing any more.
    Now(KeyRecord),
    /// It was revoked before.
    Before(KeyRecord),
    /// There is no such key.
    NotFound,
}

impl Broker {
    /// Stores a new key. `false` when there is one of this id.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer or has no room.
    pub async fn create_key(&self, record: &KeyRecord) -> Result<bool, StageError> {
        self.store_key(record, 0).await
    }

    /// Takes a key back.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer, `Internal` for a record of another version.
    pub async fn revoke_key(&self, id: &KeyId, now: Timestamp) -> Result<Revoked, StageError> {
        for _ in 0..MAX_ROUNDS {
            let Some((mut record, revision)) = self.key(id).await? else {
                return Ok(Revoked::NotFound);
            };
            if record.revoked_at.is_some() {
                return Ok(Revoked::Before(record));
            }
            record.revoked_at = Some(now);
            if self.store_key(&record, revision).await? {
                return Ok(Revoked::Now(record));
            }
        }
        Err(contended())
    }

    /// All keys, oldest first, also those that open nothing any more.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub async fn keys(&self) -> Result<Vec<ListedKey>, StageError> {
        let mut uses = BTreeMap::new();
        for latest in self.listed(names::KEY_USE_SUBJECTS).await? {
            let used = latest.body.as_deref().map(ciborium::from_reader::<Used, _>);
            if let (Some(id), Some(Ok(used))) = (id_of(&latest.subject), used) {
                uses.insert(id, used.at);
            }
        }
        let listed = self.listed(names::KEY_SUBJECTS).await?;
        let records = listed.into_iter().filter_map(|latest| change(latest)?.record);
        let with_use = |record: KeyRecord| {
            let used_at = uses.get(&record.id).copied();
            ListedKey { record, used_at }
        };
        let mut keys: Vec<ListedKey> = records.map(with_use).collect();
        keys.sort_by_key(|key| key.record.created_at);
        Ok(keys)
    }

    /// All keys, then every change, without end; and how many are there already.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer; in the stream, too.
    pub async fn watch_keys(
        &self,
    ) -> Result<(u64, impl Stream<Item = Result<KeyChange, StageError>> + use<>), StageError> {
        let (there, latest) = self.latest(names::KEYS_STREAM, names::KEY_SUBJECTS).await?;
        let changes = latest.filter_map(async |latest| latest.map(change).transpose());
        Ok((there, changes))
    }

    /// Sequence of the newest change of a key, asked of the stream's leader: who has seen this one has
    /// seen all of them. 0 when there was none.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub async fn newest_key_change(&self) -> Result<u64, StageError> {
        let stream = self.stream(names::KEYS_STREAM).await?;
        match stream.get_last_raw_message_by_subject(names::KEY_SUBJECTS).await {
            Ok(message) => Ok(message.sequence),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(0),
            Err(error) => Err(away(error)),
        }
    }

    /// Notes that a key was used. The last word counts, in whatever order they come.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer or has no room.
    pub async fn note_key_use(&self, id: &KeyId, at: Timestamp) -> Result<(), StageError> {
        let body = versioned::to_cbor(&Used { version: USED_VERSION, at })?;
        let subject = names::key_use_subject(id);
        let message = Message { subject, headers: HeaderMap::new(), payload: body.into() };
        self.publish_confirmed(&message).await.0?;
        Ok(())
    }

    /// A key and its revision, from the stream's leader.
    async fn key(&self, id: &KeyId) -> Result<Option<(KeyRecord, u64)>, StageError> {
        let stream = self.stream(names::KEYS_STREAM).await?;
        match stream.get_last_raw_message_by_subject(&names::key_subject(id)).await {
            Ok(message) if message.headers.get(KV_OPERATION).is_some() => Ok(None),
            Ok(message) => Ok(Some((KeyRecord::decode(&message.payload)?, message.sequence))),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(away(error)),
        }
    }

    /// Stores `record` if the last revision is `expected` (0: none). `false` when it is not.
    async fn store_key(&self, record: &KeyRecord, expected: u64) -> Result<bool, StageError> {
        let mut headers = HeaderMap::new();
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, expected.to_string());
        let subject = names::key_subject(&record.id);
        let message = Message { subject, headers, payload: record.encode()?.into() };
        match self.publish_confirmed(&message).await {
            (Ok(_), _) => Ok(true),
            // After an unanswered try the conflict may be with our own first copy.
            (Err(Unpublished::Conflict { .. }), true) => {
                Ok(self.key(&record.id).await?.is_some_and(|(stored, _)| stored == *record))
            }
            (Err(Unpublished::Conflict { .. }), false) => Ok(false),
            (Err(error), _) => Err(error.into()),
        }
    }

    async fn listed(&self, filter: &str) -> Result<Vec<Latest>, StageError> {
        let mut listed = Vec::new();
        self.each_latest(names::KEYS_STREAM, filter, |latest| listed.push(latest)).await?;
        Ok(listed)
    }
}

fn id_of(subject: &str) -> Option<KeyId> {
    subject.rsplit('.').next()?.parse().ok()
}

/// `None` for what is no key of ours at all.
fn change(latest: Latest) -> Option<KeyChange> {
    let Latest { sequence, pending, subject, body } = latest;
    let id = id_of(&subject)?;
    let read = body.as_deref().map(KeyRecord::decode).transpose();
    let record = read.unwrap_or_else(|error| {
        tracing::warn!(key = %id, %error, "a key cannot be read and opens nothing");
        None
    });
    // A record under another's name would open what is not its own.
    let record = record.filter(|record| record.id == id);
    Some(KeyChange { sequence, pending, id, record })
}
