//! Notes when keys are used: coarse, so that it costs a request nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;

use common::jetstream::broker::Broker;
use common::key::KeyId;

/// Longest that a use waits to be written, and shortest pause between two writes for one key.
const WRITE_PAUSE: Duration = Duration::from_secs(60);

/// How often it is looked whether there is something to write.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// Uses since they were last written. Bounded by the number of keys: others are never noted.
#[derive(Debug, Default)]
pub(super) struct Uses(Mutex<HashMap<KeyId, Use>>);

#[derive(Debug)]
struct Use {
    /// Last use that is not written yet.
    unwritten: Option<Timestamp>,
    written: Option<Instant>,
}

impl Uses {
    /// The key was used just now.
    pub(super) fn note(&self, id: &KeyId) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match uses.get_mut(id) {
            Some(used) => used.unwritten = Some(Timestamp::now()),
            None => {
                let used = Use { unwritten: Some(Timestamp::now()), written: None };
                uses.insert(id.clone(), used);
            }
        }
    }

    /// Those that are due at `now`, taken.
    fn due(&self, now: Instant) -> Vec<(KeyId, Timestamp)> {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = uses.iter_mut().filter_map(|(id, used)| {
            let rested = |at: Instant| now.saturating_duration_since(at) >= WRITE_PAUSE;
            if !used.written.is_none_or(rested) {
                return None;
            }
            let at = used.unwritten.take()?;
            used.written = Some(now);
            Some((id.clone(), at))
        });
        due.collect()
    }

    /// Writes what is due until `stop`. What cannot be written is forgotten: the next use says more.
    pub(super) async fn write(&self, broker: &Broker, stop: CancellationToken) {
        let mut looks = interval(LOOK_PAUSE);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = looks.tick() => {}
            }
            for (id, at) in self.due(Instant::now()) {
                if let Err(error) = broker.note_key_use(&id, at).await {
                    tracing::debug!(key = %id, %error, "a use cannot be noted");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_key_is_written_once_a_minute() {
        let (uses, start) = (Uses::default(), Instant::now());
        let id: KeyId = "00112233445566ff".parse().unwrap();
        let mut written = 0;
        for second in 0..=120 {
            let now = start + Duration::from_secs(second);
            uses.note(&id);
            written += uses.due(now).len();
        }
        assert_eq!(written, 3);
        uses.note(&id);
        let later = start + Duration::from_secs(300);
        assert_eq!(uses.due(later).len(), 1, "the use after the last write");
        assert_eq!(uses.due(later + WRITE_PAUSE).len(), 0, "nothing new");
    }
}
