//! Which documents are under way, and since when nothing was heard of them: pure.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::Standstill;
use crate::id::DocumentId;

/// The last that was heard of a document.
#[derive(Clone, Copy, Debug)]
struct Heard {
    revision: u64,
    at: Instant,
}

/// Documents that have not ended, with the last that was heard of each. Bounded by what is under
/// way, not by what was ever processed.
#[derive(Debug, Default)]
pub(super) struct Active(HashMap<DocumentId, Heard>);

impl Active {
    /// Takes note of a change on status `subject` to `state` (`None`: removed). The same revision once more, from a
    /// watch that was started again, is no change.
    pub(super) fn observe(
        &mut self,
        subject: &str,
        state: Option<&str>,
        revision: u64,
        now: Instant,
    ) {
        let Some(id) = subject.rsplit('.').next().and_then(|id| id.parse().ok()) else {
            return;
        };
        match state {
            Some("queued" | "processing") => self.heard(&id, revision, now),
            _ => drop(self.0.remove(&id)),
        }
    }

    /// Takes note of `revision` of a document that has not ended.
    pub(super) fn heard(&mut self, id: &DocumentId, revision: u64, now: Instant) {
        let heard = Heard { revision, at: now };
        let known = self.0.entry(id.clone()).or_insert(heard);
        if known.revision < revision {
            *known = heard;
        }
    }

    /// Those without a change for at least `quiet`.
    pub(super) fn quiet_for(&self, quiet: Duration, now: Instant) -> Vec<(DocumentId, Standstill)> {
        let all = self.0.iter().map(|(id, heard)| {
            let quiet_for = now.duration_since(heard.at);
            (id, Standstill { revision: heard.revision, quiet_for })
        });
        let silent = all.filter(|(_, standstill)| standstill.quiet_for >= quiet);
        silent.map(|(id, standstill)| (id.clone(), standstill)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_active_from_its_first_state_to_its_last() {
        let (mut active, start) = (Active::default(), Instant::now());
        let subject = format!("$KV.invoice_status.{}", "a".repeat(64));
        active.observe(&subject, Some("queued"), 1, start);
        let later = start + Duration::from_secs(10);
        assert!(active.quiet_for(Duration::from_secs(11), later).is_empty());
        assert_eq!(active.quiet_for(Duration::from_secs(10), later).len(), 1);
        active.observe(&subject, Some("processing"), 2, later);
        assert!(active.quiet_for(Duration::from_secs(10), later).is_empty());
        active.observe(&subject, Some("completed"), 3, later);
        assert!(active.quiet_for(Duration::ZERO, later).is_empty());
    }

    #[test]
    fn what_is_heard_twice_is_no_change_and_what_was_missed_is_one() {
        let (mut active, start) = (Active::default(), Instant::now());
        let (id, later) = ("a".repeat(64), start + Duration::from_secs(10));
        let subject = format!("$KV.invoice_status.{id}");
        active.observe(&subject, Some("processing"), 5, start);
        active.observe(&subject, Some("processing"), 5, later);
        let (id, standstill) = active.quiet_for(Duration::ZERO, later).remove(0);
        assert_eq!((standstill.revision, standstill.quiet_for), (5, Duration::from_secs(10)));
        active.heard(&id, 6, later);
        let (_, standstill) = active.quiet_for(Duration::ZERO, later).remove(0);
        assert_eq!((standstill.revision, standstill.quiet_for), (6, Duration::ZERO));
    }
}
