//! The bucket of requests that name themselves: claimed, answered and given back by compare-and-set.

use async_nats::HeaderMap;
use async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
use async_nats::jetstream::stream::LastRawMessageErrorKind;
use bytes::Bytes;
use jiff::Timestamp;

use super::broker::{Broker, away};
use super::names;
use super::publish::{Message, Unpublished};
use super::statuses::{KV_OPERATION, MAX_ROUNDS, contended};
use crate::error::StageError;
use crate::id::Tenant;
use crate::idempotency::{Fingerprint, IdempotencyKey, Kept, Told, Verdict, judge};

/// What became of the wish to carry a request out.
#[derive(Debug)]
pub enum Claimed {
    /// It is the caller's to do.
    Mine(RequestClaim),
    /// Somebody is at it.
    UnderWay,
    /// It was answered, if it is this request.
    Answered {
        /// What the answer belongs to.
        request: Option<Fingerprint>,
        /// The answer, one for each document.
        told: Vec<Told>,
    },
    /// The key was used for another request.
    Reused,
}

/// The right to carry a request out, for as long as the lease.
#[derive(Clone, Debug)]
pub struct RequestClaim {
    subject: String,
    revision: u64,
    kept: Kept,
    /// The generation that it begins: as asked for, or as the first who tried it had.
    pub begins: Option<u32>,
}

impl Broker {
    /// Claims `tenant`'s request of this name: it is the caller's, somebody else's, or answered.
    ///
    /// `request` is `None` for one that is still coming; `begins` is the generation of a document that it
    /// will begin.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer or has no room, `Internal` for a record of another
    /// version.
    pub async fn claim_request(
        &self,
        tenant: &Tenant,
        key: &IdempotencyKey,
        request: Option<&Fingerprint>,
        begins: Option<u32>,
    ) -> Result<Claimed, StageError> {
        let subject = names::idempotency_subject(tenant, &key.name(tenant));
        for _ in 0..MAX_ROUNDS {
            let (kept, revision) = self.kept(&subject).await?;
            let now = Timestamp::now();
            let begins = match judge(kept.as_ref(), request, now) {
                Verdict::Anew => begins,
                Verdict::GoOn { begins } => begins,
                Verdict::UnderWay => return Ok(Claimed::UnderWay),
                Verdict::Reused => return Ok(Claimed::Reused),
                Verdict::Answered { request, told } => {
                    return Ok(Claimed::Answered { request, told });
                }
            };
            let kept = Kept::under_way(request.cloned(), nuid::next().to_string(), begins, now);
            if let Some(revision) = self.keep(&subject, &kept, revision).await? {
                return Ok(Claimed::Mine(RequestClaim { subject, revision, kept, begins }));
            }
        }
        Err(contended())
    }

    /// Makes the claim last for another lease. `false` when somebody else has it.
    ///
    /// # Errors
    /// As [`Self::claim_request`].
    pub async fn renew_request(&self, claim: &mut RequestClaim) -> Result<bool, StageError> {
        let Some(kept) = claim.kept.renewed(Timestamp::now()) else { return Ok(false) };
        let Some(revision) = self.keep(&claim.subject, &kept, claim.revision).await? else {
            return Ok(false);
        };
        (claim.kept, claim.revision) = (kept, revision);
        Ok(true)
    }

    /// Keeps the answer to a request. `false` when somebody else has the claim: theirs counts.
    ///
    /// # Errors
    /// As [`Self::claim_request`].
    pub async fn answer_request(
        &self,
        claim: &RequestClaim,
        request: Fingerprint,
        told: Vec<Told>,
    ) -> Result<bool, StageError> {
        let kept = Kept::answered(request, told);
        Ok(self.keep(&claim.subject, &kept, claim.revision).await?.is_some())
    }

    /// Leaves a request that may have been carried out to whoever asks for it next.
    ///
    /// # Errors
    /// As [`Self::claim_request`].
    pub async fn let_request_go(&self, claim: &RequestClaim) -> Result<(), StageError> {
        let Some(kept) = claim.kept.let_go(Timestamp::now()) else { return Ok(()) };
        self.keep(&claim.subject, &kept, claim.revision).await.map(drop)
    }

    /// Forgets a request that came to nothing: its key is good for another one.
    ///
    /// # Errors
    /// As [`Self::claim_request`].
    pub async fn forget_request(&self, claim: &RequestClaim) -> Result<(), StageError> {
        let mut headers = HeaderMap::new();
        headers.insert(KV_OPERATION, "DEL");
        self.store_kept(&claim.subject, headers, Bytes::new(), claim.revision).await.map(drop)
    }

    /// What is kept under `subject`, and its revision: 0 for nothing.
    async fn kept(&self, subject: &str) -> Result<(Option<Kept>, u64), StageError> {
        let stream = self.stream(names::IDEMPOTENCY_STREAM).await?;
        match stream.get_last_raw_message_by_subject(subject).await {
            Ok(message) if message.headers.get(KV_OPERATION).is_some() => {
                Ok((None, message.sequence))
            }
            Ok(message) => Ok((Some(Kept::decode(&message.payload)?), message.sequence)),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok((None, 0)),
            Err(error) => Err(away(error)),
        }
    }

    /// Stores `kept` in the place of revision `expected`; its own revision, or `None` when something else
    /// is there.
    async fn keep(
        &self,
        subject: &str,
        kept: &Kept,
        expected: u64,
    ) -> Result<Option<u64>, StageError> {
        self.store_kept(subject, HeaderMap::new(), kept.encode()?.into(), expected).await
    }

    async fn store_kept(
        &self,
        subject: &str,
        mut headers: HeaderMap,
        payload: Bytes,
        expected: u64,
    ) -> Result<Option<u64>, StageError> {
        headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, expected.to_string());
        let message = Message { subject: subject.to_owned(), headers, payload };
        match self.publish_confirmed(&message).await {
            (Ok(stored), _) => Ok(Some(stored.sequence)),
            // After an unanswered try the conflict may be with our own first copy. Claims carry a unique
            // owner; two equal answers are the same one.
            (Err(Unpublished::Conflict { .. }), true) => {
                let stream = self.stream(names::IDEMPOTENCY_STREAM).await?;
                let last = stream.get_last_raw_message_by_subject(subject).await.map_err(away)?;
                Ok((last.payload == message.payload).then_some(last.sequence))
            }
            (Err(Unpublished::Conflict { .. }), false) => Ok(None),
            (Err(error), _) => Err(error.into()),
        }
    }
}
