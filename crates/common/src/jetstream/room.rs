//! Who stops at which level of a store, so that nobody fills what somebody else needs to finish.
//!
//! The store of work in progress is the one that stages share. Each stage may fill it up to its own
//! share only, and the shares grow along the way of a document: what is left always belongs to the
//! stages that come later, and the last one needs none of it. Documents that are further along end,
//! what is kept of them is reclaimed ([`super::sweeper`]), and there is room again.
//!
//! Within a stage, several jobs can be stuck half-way, each keeping what the others need. Then all
//! but the oldest of the queue make way: they remove what they wrote and go back, untried. The
//! oldest keeps what it has, so it gets to its end, or is found to be larger than its share.
//!
//! `gauge` looks and counts, `ration` is what a running job gets to see.

mod gauge;
mod ration;

pub(super) use ration::Ration;

use gauge::Gauge;

use super::broker::{Broker, away};
use super::place::Place;
use super::publish::Unpublished;
use crate::error::StageError;
use crate::object::Bucket;
use crate::stage::StageName;

/// The first stage takes no more jobs from here on. It writes most of what lies in the store, and
/// what it has begun (a document for each worker) should still fit below its share.
const FIRST_STAGE_TAKES_BELOW: Percent = Percent(80);

/// The first stage writes nothing from here on: a tenth is for words and turned pages. By default
/// that is 400 MB, the words of 10 000 full pages.
const FIRST_STAGE_WRITES_BELOW: Percent = Percent(90);

/// Ended documents are kept for who wants to look at their pages, unless room is needed: well before
/// the first stage has to stop.
pub(super) const RECLAIMED_FROM: Percent = Percent(70);

/// Reclaiming goes on to here, so that it is done in large steps and not before every write.
pub(super) const RECLAIMED_TO: Percent = Percent(60);

/// No new documents from here on. A status grows when its document completes, by its result: a fifth
/// of 2 GiB has room for results of 20 KB for as many documents as the first queue holds.
const STATUSES_TAKE_NEW_BELOW: Percent = Percent(80);

/// A hundredth part of what a store takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(pub u8);

/// How full a stream is. A limit of 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Bytes stored.
    pub bytes: u64,
    /// Bytes that it takes.
    pub max_bytes: u64,
    /// Messages stored.
    pub messages: u64,
    /// Messages that it takes.
    pub max_messages: u64,
}

impl Level {
    /// Whether at least `share` of what it takes is used.
    #[must_use]
    pub fn reaches(&self, share: Percent) -> bool {
        reaches(self.bytes, self.max_bytes, share)
            || reaches(self.messages, self.max_messages, share)
    }

    /// Whether `more` bytes fit below `share`.
    #[must_use]
    pub fn has_room_for(&self, more: u64, share: Percent) -> bool {
        self.max_bytes == 0 || self.bytes.saturating_add(more) <= self.bytes_at(share)
    }

    /// Bytes that `share` of it is.
    #[must_use]
    pub fn bytes_at(&self, share: Percent) -> u64 {
        let bytes = u128::from(self.max_bytes) * u128::from(share.0) / 100;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

fn reaches(used: u64, most: u64, share: Percent) -> bool {
    most > 0 && u128::from(used) * 100 >= u128::from(most) * u128::from(share.0)
}

/// How far a stage may fill the store of work in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// It takes new jobs below this level; `None`: at any.
    pub takes_below: Option<Percent>,
    /// It writes up to this one.
    pub writes_up_to: Percent,
}

/// The share of `stage`; `None` for one that writes nothing there.
#[must_use]
pub fn share(stage: StageName) -> Option<Share> {
    match stage {
        StageName::Preprocess => Some(Share {
            takes_below: Some(FIRST_STAGE_TAKES_BELOW),
            writes_up_to: FIRST_STAGE_WRITES_BELOW,
        }),
        // It takes jobs at any level: that is how there is room again.
        StageName::Ocr => Some(Share { takes_below: None, writes_up_to: Percent(100) }),
        StageName::Extract => None,
    }
}

/// Whether the first stage takes no jobs at this level.
pub(super) fn first_stage_waits(level: &Level) -> bool {
    level.reaches(FIRST_STAGE_TAKES_BELOW)
}

/// What a runner knows of the store that its stage writes to.
#[derive(Debug)]
pub(super) struct Room {
    share: Option<Share>,
    gauge: Gauge,
}

impl Room {
    pub(super) fn of(stage: StageName) -> Self {
        Self { share: share(stage), gauge: Gauge::of(Place::Objects(Bucket::Work)) }
    }

    /// Waits until the stage may take jobs. One question to the broker a second at most.
    pub(super) async fn to_take_jobs(&self, broker: &Broker) {
        let Some(limit) = self.share.and_then(|share| share.takes_below) else { return };
        let mut told = false;
        loop {
            match self.gauge.level(broker).await {
                Ok(level) if !level.reaches(limit) => return,
                Ok(level) if !told => {
                    let (bytes, max_bytes) = (level.bytes, level.max_bytes);
                    tracing::warn!(
                        bytes,
                        max_bytes,
                        "stage takes no jobs: its store is filling up"
                    );
                    told = true;
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "level of the store is unknown"),
            }
            tokio::time::sleep(gauge::LONGEST_AGE).await;
        }
    }
}

/// What the way in looks at before it takes a document.
#[derive(Debug)]
pub(super) struct Intake {
    queue: Gauge,
    statuses: Gauge,
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            queue: Gauge::of(Place::Queue(StageName::Preprocess)),
            statuses: Gauge::of(Place::Statuses),
        }
    }
}

impl Broker {
    /// How full `place` is now.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub async fn level(&self, place: Place) -> Result<Level, StageError> {
        match place.stream() {
            Some(stream) => self.level_of(stream).await,
            None => Ok(Level::default()),
        }
    }

    /// How full the stream called `name` is now.
    ///
    /// # Errors
    /// `Transient` while the broker does not answer.
    pub(super) async fn level_of(&self, name: &str) -> Result<Level, StageError> {
        let info = self.stream(name).await?.get_info().await.map_err(away)?;
        // -1 is no limit.
        let limit = |value: i64| u64::try_from(value).unwrap_or_default();
        Ok(Level {
            bytes: info.state.bytes,
            max_bytes: limit(info.config.max_bytes),
            messages: info.state.messages,
            max_messages: limit(info.config.max_messages),
        })
    }

    /// Whether a new document would find room: asked before anything of it is stored, so that what
    /// is refused fills nothing. What is accepted in the second before a place is seen to be full is
    /// refused by the broker itself.
    ///
    /// # Errors
    /// [`Unpublished::Full`], or `Unconfirmed` while the broker does not answer.
    pub(super) async fn room_for_a_document(&self) -> Result<(), Unpublished> {
        let Intake { queue, statuses } = &*self.intake;
        for (gauge, limit) in [(queue, Percent(100)), (statuses, STATUSES_TAKE_NEW_BELOW)] {
            let level = gauge.level(self).await.map_err(Unpublished::unconfirmed)?;
            if level.reaches(limit) {
                return Err(full(gauge.place(), &level));
            }
        }
        Ok(())
    }
}

fn full(place: Place, level: &Level) -> Unpublished {
    let Level { bytes, max_bytes, messages, max_messages } = level;
    let reason = format!(
        "it holds {bytes} bytes of {max_bytes} and {messages} messages of {max_messages} (0: no \
         limit), the rest is for documents under way"
    );
    Unpublished::Full { place, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(bytes: u64, max_bytes: u64) -> Level {
        Level { bytes, max_bytes, ..Level::default() }
    }

    #[test]
    fn a_level_is_reached_by_bytes_or_by_messages_and_never_without_a_limit() {
        let messages = |messages, max_messages| Level { messages, max_messages, ..bytes(0, 0) };
        let table = [
            (bytes(79, 100), 80, false),
            (bytes(80, 100), 80, true),
            (bytes(u64::MAX, 0), 1, false),
            (messages(20_000, 20_000), 100, true),
            (messages(19_999, 20_000), 100, false),
            (bytes(u64::MAX / 2, u64::MAX), 50, false),
            (bytes(u64::MAX, u64::MAX), 100, true),
        ];
        for (level, percent, reached) in table {
            assert_eq!(level.reaches(Percent(percent)), reached, "{level:?} at {percent} %");
        }
    }

    #[test]
    fn what_is_to_be_written_counts_before_it_is_written() {
        let table = [
            (bytes(80, 100), 10, 90, true),
            (bytes(80, 100), 11, 90, false),
            (bytes(95, 100), 0, 90, false),
            (bytes(95, 100), 5, 100, true),
            (bytes(95, 0), u64::MAX, 90, true),
            (bytes(95, 100), u64::MAX, 100, false),
        ];
        for (level, more, percent, fits) in table {
            let seen = level.has_room_for(more, Percent(percent));
            assert_eq!(seen, fits, "{more} more on {level:?} below {percent} %");
        }
    }

    #[test]
    fn what_is_left_belongs_to_the_stages_that_come_later() {
        let [first, second, last] = StageName::ALL.map(share);
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!(first.takes_below.unwrap() < first.writes_up_to);
        assert!(first.writes_up_to < second.writes_up_to);
        assert_eq!(second.writes_up_to, Percent(100), "nobody needs what is left after it");
        assert_eq!(last, None, "the end of a document needs no room");
        assert_eq!(second.takes_below, None, "to take jobs is how there is room again");
    }

    #[test]
    fn ended_documents_are_reclaimed_before_anybody_has_to_wait() {
        assert!(RECLAIMED_TO < RECLAIMED_FROM);
        assert!(RECLAIMED_FROM < FIRST_STAGE_TAKES_BELOW);
    }
}
