//! Keeps the known keys as the broker has them.
//!
//! The watch brings changes as they happen. A watch that has silently died brings nothing, and neither
//! does one on keys that nobody changes; so the stream is asked, too, what its newest change is, and only
//! who has seen that one counts what it knows as confirmed.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use common::error::StageError;
use common::jetstream::broker::Broker;

use super::ring::KeyRing;

/// Pause between two questions for the newest change: one small request to the broker.
const PROBE_PAUSE: Duration = Duration::from_secs(1);

/// Probes in a row that know of a change which the watch has not brought, before the watch counts as dead.
const MISSED_PROBES: u32 = 3;

/// Pause before the watch is begun again.
const RESTART_PAUSE: Duration = Duration::from_millis(500);

/// Longest wait for the next of the keys that are there already.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// Follows the keys until `stop`.
pub(super) async fn run(broker: &Broker, ring: &KeyRing, stop: CancellationToken) {
    let following = async {
        loop {
            match follow(broker, ring).await {
                Ok(()) => tracing::warn!("key watch is started again"),
                Err(error) => tracing::warn!(%error, "key watch is started again"),
            }
            sleep(RESTART_PAUSE).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = following => {}
    }
}

/// Returns when the watch breaks.
async fn follow(broker: &Broker, ring: &KeyRing) -> Result<(), StageError> {
    let (there, changes) = broker.watch_keys().await?;
    let (mut changes, mut listed) = (pin!(changes), Vec::new());
    // Whether another of those is to come.
    let mut more = there > 0;
    while more {
        let next = timeout(LIST_TIMEOUT, changes.next()).await;
        let Ok(Some(change)) = next else { return Ok(()) };
        let change = change?;
        more = change.pending > 0;
        listed.push(change);
    }
    tracing::debug!(keys = listed.len(), "keys are known");
    ring.replace(listed);
    let (mut probes, mut missed) = (interval(PROBE_PAUSE), 0);
    loop {
        tokio::select! {
            change = changes.next() => match change {
                Some(change) => ring.apply(change?),
                None => return Ok(()),
            },
            _ = probes.tick() => {
                let asked = Instant::now();
                missed = match ring.confirm(broker.newest_key_change().await?, asked) {
                    true => 0,
                    false => missed + 1,
                };
                if missed >= MISSED_PROBES {
                    return Ok(());
                }
            }
        }
    }
}
