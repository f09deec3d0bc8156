//! Removes what is stored of one document, up to a fence.

use std::collections::HashMap;

use async_nats::jetstream::stream::LastRawMessageErrorKind;
use futures_util::future;
use serde::{Deserialize, Serialize};

use super::eraser::End;
use crate::error::StageError;
use crate::event::DeadLetter;
use crate::id::DocumentId;
use crate::jetstream::broker::{Broker, away};
use crate::jetstream::names::{self, webhooks};
use crate::jetstream::objects::UpTo;
use crate::jetstream::objects::subjects::{self, Name};
use crate::jetstream::place::Place;
use crate::object::Bucket;
use crate::stage::StageName;

/// How the objects of a document are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::jetstream) enum Search {
    /// By their chunks, whose subjects begin with the id: the cost is that of the document alone,
    /// and every object that was written undisturbed is found.
    ByChunks,
    /// Also by the names of all objects of everybody, which finds metadata whose chunks were removed
    /// before it was written. For the few documents that were in the hands of a stage.
    ByName,
}

/// An object that metadata names, and where.
pub(in crate::jetstream) type Named = (Bucket, Name);

/// The last sequence of each stream at one moment.
#[derive(Debug)]
pub(super) struct Fence(Vec<(&'static str, u64)>);

impl Fence {
    fn of(&self, stream: &str) -> u64 {
        self.0.iter().find(|(name, _)| *name == stream).map_or(0, |(_, last)| *last)
    }
}

/// Every stream from which something of a document is removed, its status aside. The audit trail is
/// not among them: it names the document, and has to outlive it. Webhooks are of no document, and what is
/// kept of requests names none.
fn streams() -> impl Iterator<Item = &'static str> {
    let kept = [Place::Statuses, Place::Keys, Place::Audit, Place::Requests, Place::Webhooks];
    let places = Place::STREAMS.into_iter().filter(move |place| !kept.contains(place));
    places.filter_map(Place::stream)
}

impl Broker {
    /// Notes where each stream ends now.
    pub(super) async fn fence(&self) -> Result<Fence, StageError> {
        let ends = streams()
            .map(|name| async move { self.last_sequence(name).await.map(|last| (name, last)) });
        future::try_join_all(ends).await.map(Fence)
    }

    /// Removes jobs, events, deliveries to webhooks, dead letters, entries of invoices and objects of `id` that were stored up to `fence`; `named` are
    /// objects that may have lost their chunks already.
    pub(super) async fn remove(
        &self,
        id: &DocumentId,
        fence: &Fence,
        named: Vec<Named>,
    ) -> Result<(), StageError> {
        let jobs = StageName::ALL.map(|s| (names::job_stream(s), names::job_subject(s, id)));
        let events = names::events_of(id).map(|filter| (names::EVENTS_STREAM, filter));
        let dead = [(names::DEAD_STREAM, names::dead_letters_of(id.as_str()))];
        let duplicates = [(names::DUPLICATES_STREAM, names::duplicates_of(None, id))];
        let called = [
            (webhooks::CALLBACKS_STREAM, webhooks::jobs_of_document(id)),
            (webhooks::DELIVERIES_STREAM, webhooks::log_of_document(id)),
        ];
        let messages = jobs.into_iter().chain(events).chain(dead).chain(duplicates).chain(called);
        let purges = messages.map(|(stream, filter)| self.purge_up_to(fence, stream, filter));
        future::try_join_all(purges).await?;
        self.remove_unknown_letters(id).await?;
        for bucket in Bucket::ALL {
            let up_to = UpTo::Sequence(fence.of(names::object_stream(bucket)));
            let of_bucket = named.iter().filter(|(its, _)| *its == bucket);
            let names = of_bucket.map(|(_, name)| name.clone()).collect();
            self.remove_objects_up_to(bucket, id, names, up_to).await?;
        }
        Ok(())
    }

    /// All objects that metadata names, by document: one listing of everything, whatever it is for.
    pub(in crate::jetstream) async fn named(
        &self,
    ) -> Result<HashMap<DocumentId, Vec<Named>>, StageError> {
        let mut named: HashMap<DocumentId, Vec<Named>> = HashMap::new();
        for bucket in Bucket::ALL {
            let store = names::object_stream(bucket);
            for (subject, _) in self.subjects(store, &subjects::all_metadata(bucket)).await? {
                if let Some(name) = Name::of_metadata(&subject) {
                    named.entry(name.document.clone()).or_default().push((bucket, name));
                }
            }
        }
        Ok(named)
    }

    /// Dead letters of messages that nobody could read are called after their sequence; what they
    /// keep may be a job of this document all the same.
    async fn remove_unknown_letters(&self, id: &DocumentId) -> Result<(), StageError> {
        let listed = self.subjects(names::DEAD_STREAM, &names::dead_letters_of("*")).await?;
        let is_unknown = |subject: &str| {
            subject.rsplit('.').next().is_some_and(|name| name.starts_with(names::UNKNOWN_DEAD))
        };
        for (subject, _) in listed.into_iter().filter(|(subject, _)| is_unknown(subject)) {
            if let Some((letter, sequence)) = self.last_letter(&subject).await?
                && letter.subject.ends_with(id.as_str())
            {
                self.delete_letter(sequence).await?;
            }
        }
        Ok(())
    }

    /// Removes the events and the dead letter that followed from `end`, and nothing that follows
    /// from another upload of the same document: an event's subject has the generation, and a dead
    /// letter's body.
    pub(super) async fn withdraw(&self, id: &DocumentId, end: &End) -> Result<(), StageError> {
        let (tenant, generation) = (&end.tenant, end.generation);
        let stream = self.stream(names::EVENTS_STREAM).await?;
        let corrections =
            self.subjects(names::EVENTS_STREAM, &names::corrections_of(tenant, id)).await?;
        let corrections = corrections.into_iter().map(|(subject, _)| subject);
        let ends = [
            names::extracted_subject(tenant, id, generation),
            names::failed_subject(tenant, id, generation),
        ];
        let of_it = corrections.filter(|subject| names::generation_of(subject) == generation);
        for subject in of_it.chain(ends) {
            stream.purge().filter(subject).await.map_err(away)?;
        }
        for stage in StageName::ALL {
            let subject = names::dead_subject(stage, id.as_str());
            if let Some((letter, sequence)) = self.last_letter(&subject).await?
                && letter.generation == generation
            {
                self.delete_letter(sequence).await?;
            }
        }
        Ok(())
    }

    async fn last_letter(&self, subject: &str) -> Result<Option<(DeadLetter, u64)>, StageError> {
        let stream = self.stream(names::DEAD_STREAM).await?;
        match stream.get_last_raw_message_by_subject(subject).await {
            // A letter of another version is nobody's that is known here.
            Ok(message) => Ok(ciborium::from_reader(&message.payload[..])
                .ok()
                .map(|letter| (letter, message.sequence))),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(away(error)),
        }
    }

    async fn delete_letter(&self, sequence: u64) -> Result<(), StageError> {
        let stream = self.stream(names::DEAD_STREAM).await?;
        match stream.delete_message(sequence).await {
            Ok(_) => Ok(()),
            // Somebody else was faster, or the broker says so once more when it is asked again.
            Err(error) => match stream.get_raw_message(sequence).await {
                Err(gone) if gone.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(()),
                _ => Err(away(error)),
            },
        }
    }

    async fn purge_up_to(
        &self,
        fence: &Fence,
        stream: &'static str,
        filter: String,
    ) -> Result<(), StageError> {
        self.purge(stream, filter, UpTo::Sequence(fence.of(stream))).await
    }
}
