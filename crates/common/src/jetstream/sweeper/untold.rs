//! Which documents were corrected without an event that tells it: a gateway died in between, or the stream of events was
//! full.

use std::collections::HashMap;
use std::time::Duration;

use async_nats::HeaderMap;
use tokio::time::Instant;

use crate::config::Config;
use crate::id::DocumentId;
use crate::jetstream::broker::Broker;
use crate::jetstream::names;

/// Corrections told at one tick: each takes a few requests, and the watch waits meanwhile.
const TOLD_PER_TICK: usize = 50;

/// Documents whose status says so, with the time at which that was first seen.
#[derive(Debug, Default)]
pub(super) struct Untold(HashMap<DocumentId, Instant>);

impl Untold {
    /// Takes note of a change on status `subject`.
    pub(super) fn observe(&mut self, subject: &str, headers: Option<&HeaderMap>, now: Instant) {
        let Some(id) = subject.rsplit('.').next().and_then(|id| id.parse().ok()) else {
            return;
        };
        if headers.is_some_and(|headers| headers.get(names::UNTOLD_HEADER).is_some()) {
            // Not anew when a watch that was lost shows all of them again.
            self.0.entry(id).or_insert(now);
        } else {
            self.0.remove(&id);
        }
    }

    /// Those that say so for at least `quiet`: whoever wanted to tell it must be dead, or finds no room.
    fn due(&self, quiet: Duration, now: Instant) -> Vec<DocumentId> {
        let due = self.0.iter().filter(|(_, since)| now.duration_since(**since) >= quiet);
        due.map(|(id, _)| id.clone()).take(TOLD_PER_TICK).collect()
    }

    /// Tells them.
    pub(super) async fn sweep(&mut self, broker: &Broker, config: &Config) {
        let quiet = Duration::from_secs(config.sweeper.stuck_after_seconds);
        for id in self.due(quiet, Instant::now()) {
            match broker.tell_correction_of(&id).await {
                Ok(()) => tracing::warn!("invoice.id" = %id, "a correction was told late"),
                Err(error) => {
                    tracing::warn!("invoice.id" = %id, %error, "a correction cannot be told");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_is_due_until_it_was_told() {
        let (mut untold, start) = (Untold::default(), Instant::now());
        let (subject, quiet) =
            (format!("$KV.invoice_status.{}", "a".repeat(64)), Duration::from_secs(9));
        let mut headers = HeaderMap::new();
        headers.insert(names::UNTOLD_HEADER, "invoice.corrected");
        untold.observe(&subject, Some(&headers), start);
        assert_eq!(untold.due(quiet, start), []);
        assert_eq!(untold.due(quiet, start + quiet).len(), 1);
        untold.observe(&subject, Some(&headers), start + quiet);
        assert_eq!(untold.due(quiet, start + quiet).len(), 1, "seen again is not told");
        untold.observe(&subject, Some(&HeaderMap::new()), start + quiet);
        assert_eq!(untold.due(quiet, start + quiet * 2), []);
        untold.observe(&subject, Some(&headers), start);
        untold.observe(&subject, None, start);
        assert_eq!(untold.due(quiet, start + quiet), []);
    }
}
