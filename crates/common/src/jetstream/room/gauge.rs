//! The level of one place: looked at once a second at most, with what this process has added since.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Level, Percent, full};
use crate::error::StageError;
use crate::jetstream::broker::Broker;
use crate::jetstream::place::Place;
use crate::jetstream::publish::Unpublished;

/// A level older than this is looked at again. A second of writing is far less than what is kept
/// free, and one question a second is nothing to the broker.
pub(super) const LONGEST_AGE: Duration = Duration::from_secs(1);

/// Measures one place for all tasks of a process.
#[derive(Debug)]
pub(in crate::jetstream) struct Gauge {
    place: Place,
    seen: Mutex<Option<(Level, Instant)>>,
    /// Bytes being written now.
    pending: AtomicU64,
    /// Bytes written since the latest look.
    added: AtomicU64,
}

impl Gauge {
    pub(in crate::jetstream) fn of(place: Place) -> Self {
        let (pending, added) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { place, seen: Mutex::new(None), pending, added }
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The level, at most a second old, and not lower than it is as far as this process knows.
    pub(super) async fn level(&self, broker: &Broker) -> Result<Level, StageError> {
        let mut seen = self.seen.lock().await;
        self.look(broker, &mut seen).await
    }

    /// Whether `more` bytes would fit below `share` now.
    ///
    /// # Errors
    /// As [`Self::admit`].
    pub(super) async fn check(
        &self,
        broker: &Broker,
        more: u64,
        share: Percent,
    ) -> Result<(), Unpublished> {
        let mut seen = self.seen.lock().await;
        self.fits(broker, &mut seen, more, share).await
    }

    /// Sets `more` bytes aside, if they fit below `share`. Who writes them holds on to the answer.
    ///
    /// # Errors
    /// [`Unpublished::Full`], or `Unconfirmed` while the broker does not answer.
    pub(super) async fn admit(
        &self,
        broker: &Broker,
        more: u64,
        share: Percent,
    ) -> Result<Admitted<'_>, Unpublished> {
        // One after the other: of two that fit alone, the second one may not.
        let mut seen = self.seen.lock().await;
        self.fits(broker, &mut seen, more, share).await?;
        self.pending.fetch_add(more, Ordering::SeqCst);
        Ok(Admitted { gauge: self, bytes: more })
    }

    async fn fits(
        &self,
        broker: &Broker,
        seen: &mut Option<(Level, Instant)>,
        more: u64,
        share: Percent,
    ) -> Result<(), Unpublished> {
        let level = self.look(broker, seen).await.map_err(Unpublished::unconfirmed)?;
        if level.has_room_for(more, share) { Ok(()) } else { Err(full(self.place, &level)) }
    }

    async fn look(
        &self,
        broker: &Broker,
        seen: &mut Option<(Level, Instant)>,
    ) -> Result<Level, StageError> {
        let level = match *seen {
            Some((level, at)) if at.elapsed() < LONGEST_AGE => level,
            _ => {
                // What ends while the broker is asked counts twice until the next look, not never.
                let before = self.added.load(Ordering::SeqCst);
                let level = broker.level(self.place).await?;
                self.added.fetch_sub(before, Ordering::SeqCst);
                *seen = Some((level, Instant::now()));
                level
            }
        };
        let ours = self.pending.load(Ordering::SeqCst) + self.added.load(Ordering::SeqCst);
        Ok(Level { bytes: level.bytes.saturating_add(ours), ..level })
    }
}

/// Bytes that were set aside, until they are written or given up.
#[derive(Debug)]
pub(super) struct Admitted<'a> {
    gauge: &'a Gauge,
    bytes: u64,
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        // Given up or not: part of it may be stored, and the next look will tell.
        self.gauge.added.fetch_add(self.bytes, Ordering::SeqCst);
        self.gauge.pending.fetch_sub(self.bytes, Ordering::SeqCst);
    }
}
