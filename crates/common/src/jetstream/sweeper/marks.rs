//! Which ids have a marker of an erasure, and how far each is: pure.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::id::DocumentId;
use crate::jetstream::erasure::Progress;

/// Erasures cleared at one tick: each takes some twenty requests, and the watch waits meanwhile.
const CLEARED_PER_TICK: usize = 20;

/// Markers, with the time at which each was last seen to change. Bounded by what was erased within
/// the retention of statuses.
#[derive(Debug, Default)]
pub(super) struct Marks(HashMap<DocumentId, (Progress, Instant)>);

/// When markers are due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Delays {
    /// Age of a marker whose setter must be dead.
    pub(super) begun: Duration,
    /// Age of a marker after which no stage can still be at work on the document.
    pub(super) cleared: Duration,
}

impl Marks {
    /// Takes note of a change on status `subject`: a marker, or `None` for a status.
    pub(super) fn observe(&mut self, subject: &str, marker: Option<Progress>, now: Instant) {
        let Some(id) = subject.rsplit('.').next().and_then(|id| id.parse().ok()) else {
            return;
        };
        match marker {
            // From a watch that was started again: no change.
            Some(progress) if self.0.get(&id).is_some_and(|(known, _)| *known == progress) => {}
            Some(progress) => drop(self.0.insert(id, (progress, now))),
            None => drop(self.0.remove(&id)),
        }
    }

    /// Those that are to be cleared now, and what their markers say afterwards.
    pub(super) fn due(&self, delays: Delays, now: Instant) -> Vec<(DocumentId, Progress)> {
        let due = self.0.iter().filter_map(|(id, (progress, since))| {
            let (delay, done) = match progress {
                Progress::Begun => (delays.begun, Progress::Cleared),
                Progress::Cleared => (delays.cleared, Progress::Swept),
                Progress::Swept => return None,
            };
            (now.duration_since(*since) >= delay).then(|| (id.clone(), done))
        });
        due.take(CLEARED_PER_TICK).collect()
    }

    /// Forgets those that are not in `known`: they have expired.
    pub(super) fn retain(&mut self, known: &HashSet<DocumentId>) {
        self.0.retain(|id, _| known.contains(id));
    }

    /// Whether `id` is erased.
    pub(super) fn contains(&self, id: &DocumentId) -> bool {
        self.0.contains_key(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAYS: Delays =
        Delays { begun: Duration::from_secs(10), cleared: Duration::from_secs(100) };

    fn subject(digit: &str) -> String {
        format!("$KV.invoice_status.{}", digit.repeat(64))
    }

    fn after(seconds: u64, start: Instant) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn an_erasure_is_cleared_twice_and_then_never_again() {
        let (mut marks, start) = (Marks::default(), Instant::now());
        let id: DocumentId = "a".repeat(64).parse().unwrap();
        marks.observe(&subject("a"), Some(Progress::Begun), start);
        assert_eq!(marks.due(DELAYS, after(9, start)), []);
        assert_eq!(marks.due(DELAYS, after(10, start)), [(id.clone(), Progress::Cleared)]);
        marks.observe(&subject("a"), Some(Progress::Cleared), after(10, start));
        assert_eq!(marks.due(DELAYS, after(109, start)), []);
        assert_eq!(marks.due(DELAYS, after(110, start)), [(id.clone(), Progress::Swept)]);
        marks.observe(&subject("a"), Some(Progress::Swept), after(110, start));
        assert_eq!(marks.due(DELAYS, after(9999, start)), []);
        assert!(marks.contains(&id));
    }

    #[test]
    fn a_document_that_is_there_again_is_left_alone() {
        let (mut marks, start) = (Marks::default(), Instant::now());
        marks.observe(&subject("a"), Some(Progress::Cleared), start);
        marks.observe(&subject("a"), None, start);
        assert_eq!(marks.due(DELAYS, after(999, start)), []);
    }

    #[test]
    fn a_crowd_of_erasures_is_worked_off_tick_by_tick() {
        let (mut marks, start) = (Marks::default(), Instant::now());
        for n in 0..50 {
            let subject = format!("$KV.invoice_status.{n:064x}");
            marks.observe(&subject, Some(Progress::Begun), start);
        }
        assert_eq!(marks.due(DELAYS, after(10, start)).len(), CLEARED_PER_TICK);
        marks.retain(&HashSet::new());
        assert_eq!(marks.due(DELAYS, after(10, start)).len(), 0);
    }
}
