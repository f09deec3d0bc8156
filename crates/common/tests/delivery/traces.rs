//! Everything that the broker keeps and that names a document.

use common::id::DocumentId;
use futures_util::TryStreamExt;

use crate::support::Bench;

impl Bench {
    /// Subjects of all messages of all streams that name `id` in subject, headers or body, sorted.
    pub(crate) async fn traces(&self, id: &DocumentId) -> Vec<String> {
        let mut found = Vec::new();
        let mut names = self.raw.stream_names();
        while let Some(name) = names.try_next().await.unwrap() {
            let stream = self.raw.get_stream(&name).await.unwrap();
            let state = stream.cached_info().state.clone();
            for sequence in state.first_sequence..=state.last_sequence {
                let Ok(message) = stream.get_raw_message(sequence).await else { continue };
                let body = String::from_utf8_lossy(&message.payload).into_owned();
                let dump = format!("{} {:?} {body}", message.subject, message.headers);
                if dump.contains(id.as_str()) {
                    found.push(message.subject.to_string());
                }
            }
        }
        found.sort();
        found
    }

    /// Whether nothing names `id` but the marker of its erasure, which is empty.
    pub(crate) async fn is_erased(&self, id: &DocumentId) -> bool {
        let subject = format!("$KV.invoice_status.{id}");
        let status = self.raw.get_stream("KV_invoice_status").await.unwrap();
        let marker = status.get_last_raw_message_by_subject(&subject).await.unwrap();
        marker.payload.is_empty() && self.traces(id).await == [subject]
    }

    /// What the header `name` of the marker says, and its sequence.
    pub(crate) async fn marker(&self, id: &DocumentId, name: &str) -> (String, u64) {
        let subject = format!("$KV.invoice_status.{id}");
        let status = self.raw.get_stream("KV_invoice_status").await.unwrap();
        let marker = status.get_last_raw_message_by_subject(&subject).await.unwrap();
        assert_eq!(marker.headers.get("KV-Operation").unwrap().as_str(), "PURGE");
        (marker.headers.get(name).unwrap().to_string(), marker.sequence)
    }
}
