//! Following all statuses at once, and knowing whether all of them were seen.

use futures_util::{Stream, StreamExt};

use super::broker::{Broker, away};
use super::latest::Latest;
use super::names;
use crate::error::StageError;
use crate::id::DocumentId;
use crate::status::Digest;

/// A status that came, changed or went.
#[derive(Clone, Debug)]
pub struct StatusChange {
    /// Its sequence in the stream: the status's revision.
    pub sequence: u64,
    /// Statuses that were there already and still follow; 0 with the last one.
    pub pending: u64,
    /// Which document; `None` for what is no status of ours at all.
    pub id: Option<DocumentId>,
    /// What is known of it; `None` when it was erased, or cannot be read.
    pub digest: Option<Box<Digest>>,
}

/// Which statuses the bucket holds, as its leader says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusBounds {
    /// When the bucket was made.
    created: async_nats::datetime::DateTime,
    /// Sequence of the oldest status that has not expired; beyond `last` when there is none.
    pub first: u64,
    /// Sequence of the newest status that was ever stored.
    pub last: u64,
}

impl StatusBounds {
    /// Whether `later` continues this bucket, rather than being one that took its place: made anew, or
    /// brought back from a copy.
    #[must_use]
    pub fn continues_in(&self, later: &Self) -> bool {
        self.created == later.created && self.last <= later.last
    }

    /// Whether who has seen everything up to `sequence` has seen all that is there.
    #[must_use]
    pub fn is_seen_by(&self, sequence: u64) -> bool {
        self.last <= sequence || self.first > self.last
    }
}

impl Broker {
    /// Statuses that are newer than sequence `after` (0: all), then every change, without end; and how
    /// many are there already. Ordered by sequence.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer; in the stream, too.
    pub async fn watch_statuses(
        &self,
        after: u64,
    ) -> Result<(u64, impl Stream<Item = Result<StatusChange, StageError>> + use<>), StageError>
    {
        let (stream, filter) = (names::STATUS_STREAM, names::STATUS_SUBJECTS);
        let (there, latest) = self.latest_after(stream, filter, after).await?;
        Ok((there, latest.map(|latest| latest.map(change))))
    }

    /// What the status bucket holds now.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub async fn status_bounds(&self) -> Result<StatusBounds, StageError> {
        let info = self.stream(names::STATUS_STREAM).await?.get_info().await.map_err(away)?;
        let (first, last) = (info.state.first_sequence, info.state.last_sequence);
        Ok(StatusBounds { created: info.created, first, last })
    }
}

fn change(latest: Latest) -> StatusChange {
    let Latest { sequence, pending, subject, body } = latest;
    let id: Option<DocumentId> = subject.rsplit('.').next().and_then(|id| id.parse().ok());
    let read = body.as_deref().filter(|_| id.is_some()).map(Digest::read).transpose();
    let digest = read.unwrap_or_else(|error| {
        let id = id.as_ref().map(DocumentId::as_str);
        tracing::warn!("invoice.id" = id, %error, "a status cannot be read and is not listed");
        None
    });
    // A record under another's name would be shown as what it is not.
    let digest = digest.filter(|digest| Some(&digest.arrival.id) == id.as_ref()).map(Box::new);
    StatusChange { sequence, pending, id, digest }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(first: u64, last: u64) -> StatusBounds {
        let created = async_nats::datetime::from_nanos(0).unwrap();
        StatusBounds { created, first, last }
    }

    #[test]
    fn who_has_seen_the_newest_has_seen_all_and_of_nothing_there_is_nothing_to_see() {
        assert!(bounds(3, 9).is_seen_by(9) && bounds(3, 9).is_seen_by(10));
        assert!(!bounds(3, 9).is_seen_by(8));
        assert!(bounds(0, 0).is_seen_by(0), "nothing ever came");
        assert!(bounds(10, 9).is_seen_by(0), "all of it has expired");
    }

    #[test]
    fn a_bucket_that_was_made_anew_or_brought_back_is_another_one() {
        assert!(bounds(1, 9).continues_in(&bounds(4, 12)));
        assert!(!bounds(1, 9).continues_in(&bounds(1, 8)), "brought back");
        let created = async_nats::datetime::from_nanos(1).unwrap();
        assert!(!bounds(1, 9).continues_in(&StatusBounds { created, first: 1, last: 12 }));
    }

    #[test]
    fn what_is_no_status_has_no_document_and_what_lies_under_another_name_is_not_shown() {
        let latest = |subject: &str, body: Option<&'static [u8]>| Latest {
            sequence: 7,
            pending: 0,
            subject: subject.to_owned(),
            body: body.map(bytes::Bytes::from_static),
        };
        let (id, other) = ("a".repeat(64), "b".repeat(64));
        let stranger = change(latest("$KV.invoice_status.x", Some(b"?")));
        assert_eq!((stranger.sequence, stranger.id.is_none()), (7, true));
        let subject = names::status_subject(&id.parse().unwrap());
        assert!(change(latest(&subject, None)).digest.is_none());
        assert!(change(latest(&subject, Some(b"?"))).digest.is_none());
        let record = format!(
            r#"{{"id":"{other}","tenant":"t","received_at":"2026-11-26T10:00:00Z",
            "updated_at":"2026-11-26T10:00:00Z","generation":1,"state":"queued",
            "stage":"preprocess","attempt":0}}"#
        );
        assert!(Digest::read(record.as_bytes()).is_ok());
        let body = Some(&*Box::leak(record.into_bytes().into_boxed_slice()));
        assert!(change(latest(&subject, body)).digest.is_none());
        let subject = names::status_subject(&other.parse().unwrap());
        assert!(change(latest(&subject, body)).digest.is_some());
    }
}
