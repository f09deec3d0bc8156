//! Makes room in the store of work in progress: what is kept of documents that have ended goes when
//! it is needed for others, oldest first. Without need it stays for `retention.work_hours`, for who
//! wants to look at the pages.
//!
//! What waits for its first stage goes too while that stage takes no jobs for want of room: it is
//! left of attempts that came to nothing, and the next one would write it again.

use std::collections::HashSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::undelivered::conclude_undelivered;
use crate::error::StageError;
use crate::jetstream::broker::Broker;
use crate::jetstream::place::Place;
use crate::jetstream::room::{RECLAIMED_FROM, RECLAIMED_TO, first_stage_waits};
use crate::object::Bucket;
use crate::stage::StageName;
use crate::status::{State, StatusRecord};

const STORE: Place = Place::Objects(Bucket::Work);

/// Objects looked at in one go, each for one or two short questions to the broker: a second or two,
/// and what is remembered meanwhile stays small. The next go begins where this one ended.
const MAX_LOOKS: usize = 1000;

/// What one go did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Documents of which nothing is kept any more.
    pub documents: u64,
    /// Where the next go begins: a sequence of the store's stream.
    pub next: u64,
}

/// Makes room, and ends what is left over, every `interval_seconds` until `stop`.
pub(super) async fn run(broker: Broker, interval_seconds: u64, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(Duration::from_secs(interval_seconds.max(1)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut from = 0;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match reclaim(&broker, from).await {
            Ok(Reclaimed { documents, next }) => {
                from = next;
                if documents > 0 {
                    tracing::info!(documents, "pages of ended documents made room for others");
                }
            }
            Err(error) => tracing::warn!(%error, "no room could be made"),
        }
        if let Err(error) = conclude_undelivered(&broker).await {
            tracing::warn!(%error, "what is left in the queues cannot be looked at");
        }
    }
}

/// If the store is filling up, removes what is kept of documents that nobody works on, beginning
/// with the object at sequence `from`.
///
/// # Errors
/// `Transient` while the broker does not answer; what was removed stays removed.
pub async fn reclaim(broker: &Broker, from: u64) -> Result<Reclaimed, StageError> {
    let mut level = broker.level(STORE).await?;
    let mut done = Reclaimed::default();
    if !level.reaches(RECLAIMED_FROM) {
        return Ok(done);
    }
    let (mut kept, mut sequence) = (HashSet::new(), from);
    for _ in 0..MAX_LOOKS {
        let Some(found) = broker.next_object(Bucket::Work, sequence.max(1)).await? else {
            return Ok(done);
        };
        sequence = found.sequence + 1;
        let Some(id) = found.document.filter(|id| !kept.contains(id)) else { continue };
        let record = broker.status_at_leader(&id).await?.map(|read| read.record);
        if !is_needless(record.as_ref(), first_stage_waits(&level)) {
            kept.insert(id);
            continue;
        }
        broker.remove_objects(Bucket::Work, &id).await?;
        // Its chunks may have been gone before.
        broker.remove_metadata(Bucket::Work, found.sequence).await;
        tracing::debug!("invoice.id" = %id, "pages are kept no longer");
        done.documents += 1;
        level = broker.level(STORE).await?;
        if !level.reaches(RECLAIMED_TO) {
            return Ok(done);
        }
    }
    Ok(Reclaimed { next: sequence, ..done })
}

/// Whether nobody needs what the store keeps of the document with this status (`None`: forgotten).
fn is_needless(record: Option<&StatusRecord>, first_stage_waits: bool) -> bool {
    let Some(record) = record else { return true };
    match record.state {
        State::Completed | State::Failed => true,
        State::Queued => record.stage == StageName::Preprocess && first_stage_waits,
        State::Processing => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::accepted_record;

    fn record(state: State, stage: StageName) -> StatusRecord {
        StatusRecord { state, stage, ..accepted_record() }
    }

    #[test]
    fn what_somebody_works_on_or_waits_for_is_kept() {
        let (preprocess, ocr) = (StageName::Preprocess, StageName::Ocr);
        let table = [
            (State::Completed, StageName::Extract, false, true),
            (State::Failed, preprocess, false, true),
            (State::Processing, preprocess, true, false),
            (State::Processing, ocr, true, false),
            (State::Queued, ocr, true, false),
            (State::Queued, preprocess, false, false),
            (State::Queued, preprocess, true, true),
        ];
        for (state, stage, waits, needless) in table {
            let record = record(state, stage);
            assert_eq!(is_needless(Some(&record), waits), needless, "{state:?} {stage} {waits}");
        }
        assert!(is_needless(None, false), "nobody asks for what is forgotten");
    }
}
