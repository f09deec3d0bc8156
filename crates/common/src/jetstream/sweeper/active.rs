//! Which documents are under way, and since when nothing was heard of them: pure.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::id::DocumentId;

/// Documents that have not ended, with the time of their latest change. Bounded by what is under
/// way, not by what was ever processed.
#[derive(Debug, Default)]
pub(super) struct Active(HashMap<DocumentId, Instant>);

impl Active {
    /// Takes note of a change on status `subject` to `state` (`None`: removed).
    pub(super) fn observe(&mut self, subject: &str, state: Option<&str>, now: Instant) {
        let Some(id) = subject.rsplit('.').next().and_then(|id| id.parse().ok()) else {
            return;
        };
        match state {
            Some("queued" | "processing") => self.0.insert(id, now),
            _ => self.0.remove(&id),
        };
    }

    /// Those without a change for at least `quiet`.
    pub(super) fn quiet_for(&self, quiet: Duration, now: Instant) -> Vec<DocumentId> {
        let silent = self.0.iter().filter(|(_, since)| now.duration_since(**since) >= quiet);
        silent.map(|(id, _)| id.clone()).collect()
    }

    /// Time since the latest change.
    pub(super) fn age(&self, id: &DocumentId, now: Instant) -> Duration {
        self.0.get(id).map(|since| now.duration_since(*since)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_active_from_its_first_state_to_its_last() {
        let (mut active, start) = (Active::default(), Instant::now());
        let subject = format!("$KV.invoice_status.{}", "a".repeat(64));
        active.observe(&subject, Some("queued"), start);
        let later = start + Duration::from_secs(10);
        assert_eq!(active.quiet_for(Duration::from_secs(11), later), []);
        assert_eq!(active.quiet_for(Duration::from_secs(10), later).len(), 1);
        active.observe(&subject, Some("processing"), later);
        assert_eq!(active.quiet_for(Duration::from_secs(10), later), []);
        active.observe(&subject, Some("completed"), later);
        assert_eq!(active.quiet_for(Duration::ZERO, later), []);
    }
}
