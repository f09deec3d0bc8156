//! Keeps the register as the broker has the statuses.
//!
//! The watch brings changes as they happen. A watch that has silently died brings nothing, so the stream is
//! asked, too, how far it goes, and only who has seen its newest change counts what it knows as complete.
//! The same answer says what has expired, of which no watch tells.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::{Instant, interval, sleep, timeout};

use common::error::StageError;
use common::jetstream::broker::Broker;
use common::jetstream::status_watch::StatusBounds;

use super::Register;
use super::known::Known;

/// Pause between two questions for the stream's bounds: one small request to the broker.
const PROBE_PAUSE: Duration = Duration::from_secs(1);

/// How long a change that the stream knows of may be on its way before the watch counts as dead: under
/// load they come within milliseconds.
const DEAD_AFTER: Duration = Duration::from_secs(3);

/// Pause before the watch is begun again.
const RESTART_PAUSE: Duration = Duration::from_millis(500);

/// Longest wait for the next of the statuses that are there already.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// Follows the statuses for ever.
pub(super) async fn run(broker: &Broker, register: &Register) {
    let mut seen = None;
    loop {
        let followed = follow(broker, register, &mut seen).await;
        register.lost();
        match followed {
            Ok(()) => tracing::warn!("status watch of the register is started again"),
            Err(error) => {
                tracing::warn!(%error, "status watch of the register is started again");
            }
        }
        sleep(RESTART_PAUSE).await;
    }
}

/// Returns when the watch breaks. `seen` is what the stream said last, with which the register agrees.
async fn follow(
    broker: &Broker,
    register: &Register,
    seen: &mut Option<StatusBounds>,
) -> Result<(), StageError> {
    let bounds = broker.status_bounds().await?;
    // Everything is read again only where that is needed: it may be the whole bucket.
    let after = match seen {
        Some(before) if before.continues_in(&bounds) => register.last(),
        _ => 0,
    };
    let (there, changes) = broker.watch_statuses(after).await?;
    let mut changes = pin!(changes);
    if after == 0 {
        let (mut fresh, mut more) = (Known::default(), there > 0);
        while more {
            let next = timeout(LIST_TIMEOUT, changes.next()).await;
            let Ok(Some(change)) = next else { return Ok(()) };
            let change = change?;
            more = change.pending > 0;
            fresh.apply(change);
            fresh.forget_beyond(register.max_documents);
        }
        tracing::debug!(documents = fresh.len(), "documents are known");
        register.replace(fresh);
    }
    *seen = Some(bounds);
    let mut probes = interval(PROBE_PAUSE);
    let mut asked: Option<(Instant, StatusBounds)> = None;
    loop {
        tokio::select! {
            change = changes.next() => match change {
                Some(change) => register.apply(change?),
                None => return Ok(()),
            },
            _ = probes.tick() => match &asked {
                Some((at, _)) if at.elapsed() > DEAD_AFTER => return Ok(()),
                Some(_) => {}
                None => {
                    let at = Instant::now();
                    let bounds = broker.status_bounds().await?;
                    if !seen.as_ref().is_some_and(|before| before.continues_in(&bounds)) {
                        return Ok(());
                    }
                    register.forget_before(bounds.first);
                    *seen = Some(bounds.clone());
                    asked = Some((at, bounds));
                }
            },
        }
        if let Some((at, bounds)) = &asked
            && bounds.is_seen_by(register.last())
        {
            register.confirm(*at);
            asked = None;
        }
    }
}
