//! What erased documents and dead writers leave behind: found and removed from time to time.

use std::collections::HashMap;
use std::time::Duration;

use async_nats::HeaderMap;
use tokio::time::Instant;

use super::marks::{Delays, Marks};
use super::orphans::Orphans;
use crate::config::Config;
use crate::jetstream::broker::Broker;
use crate::jetstream::erasure::Progress;
use crate::stage::StageName;

/// What the sweeper knows of leftovers.
#[derive(Debug, Default)]
pub(super) struct Leftovers {
    marks: Marks,
    orphans: Orphans,
}

impl Leftovers {
    /// Takes note of a change on status `subject`.
    pub(super) fn observe(&mut self, subject: &str, headers: Option<&HeaderMap>, now: Instant) {
        self.marks.observe(subject, headers.and_then(Progress::of), now);
    }

    /// Finishes erasures whose eraser died, clears once more after those that had documents in the
    /// hands of a stage, and looks for orphans.
    pub(super) async fn sweep(&mut self, broker: &Broker, config: &Config) {
        let due = self.marks.due(delays(config), Instant::now());
        // The eraser may have come between the chunks of an object and its metadata, of whose writer nobody
        // heard again. One listing for all of them.
        let mut named = HashMap::new();
        if due.iter().any(|(_, done)| *done == Progress::Swept) {
            named = match broker.named().await {
                Ok(named) => named,
                Err(error) => {
                    tracing::warn!(%error, "objects of erased documents cannot be looked for");
                    return;
                }
            };
        }
        for (id, done) in due {
            let named = named.remove(&id).unwrap_or_default();
            match broker.clear_named(&id, named, done).await {
                Ok(()) => tracing::debug!("invoice.id" = %id, "erased document was cleared"),
                Err(error) => {
                    tracing::warn!("invoice.id" = %id, %error, "erased document cannot be cleared");
                }
            }
        }
        let age = Duration::from_secs(config.sweeper.orphans_after_seconds);
        match self.orphans.sweep(broker, &mut self.marks, age).await {
            Ok(0) => {}
            Ok(removed) => tracing::warn!(removed, "orphans were removed from the object stores"),
            Err(error) => tracing::warn!(%error, "orphans cannot be looked for"),
        }
    }
}

/// An eraser that is silent for as long as any service may be is dead; an attempt ends by its
/// deadline.
fn delays(config: &Config) -> Delays {
    let begun = Duration::from_secs(config.sweeper.stuck_after_seconds);
    let deadlines = StageName::ALL.map(|stage| config.stage(stage).deadline());
    Delays { begun, cleared: begun + deadlines.into_iter().max().unwrap_or_default() }
}
