//! A status from before its document's end, and an event that tells of the end: what a backup may hold, whose streams are
//! pictures of different moments.

use jiff::Timestamp;

use super::record::{ResultJson, State, StatusRecord};
use crate::error::ErrorRecord;
use crate::stage::StageName;

/// How a document ended, as its event tells.
#[derive(Clone, Debug, PartialEq)]
pub enum ToldEnd {
    /// It was read.
    Completed(ResultJson),
    /// It could not be.
    Failed {
        /// Why.
        error: ErrorRecord,
        /// Attempts made in the stage that failed.
        attempts: u32,
    },
}

impl StatusRecord {
    /// Whether this is from before the end of its processing `generation`.
    #[must_use]
    pub fn is_before_end_of(&self, generation: u32) -> bool {
        generation > self.generation || (generation == self.generation && !self.state.is_terminal())
    }

    /// The record that stood when an event of `generation` was stored `at` that time; `None` where this one is not
    /// older than that.
    #[must_use]
    pub fn ended_as_told(&self, generation: u32, end: ToldEnd, at: Timestamp) -> Option<Self> {
        if !self.is_before_end_of(generation) {
            return None;
        }
        let ended = Self {
            generation,
            claim: None,
            last_error: None,
            result: None,
            error: None,
            updated_at: at,
            ..self.clone()
        };
        Some(match end {
            ToldEnd::Completed(result) => Self {
                state: State::Completed,
                stage: StageName::Extract,
                result: Some(result),
                ..ended
            },
            ToldEnd::Failed { error, attempts } => Self {
                state: State::Failed,
                stage: error.stage,
                attempt: attempts,
                error: Some(error),
                ..ended
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::StageError;
    use crate::testing::accepted_record;

    fn completed() -> ToldEnd {
        ToldEnd::Completed(ResultJson(serde_json::value::to_raw_value(&"read").unwrap()))
    }

    #[test]
    fn an_event_is_believed_where_the_status_is_older_and_only_there() {
        let at = Timestamp::UNIX_EPOCH;
        let under_way = StatusRecord { generation: 2, ..accepted_record() };
        let ended = under_way.ended_as_told(2, completed(), at).unwrap();
        assert_eq!((ended.state, ended.stage), (State::Completed, StageName::Extract));
        assert!(ended.result.is_some() && ended.claim.is_none());
        assert_eq!(under_way.ended_as_told(1, completed(), at), None, "of an earlier processing");
        assert_eq!(ended.ended_as_told(2, completed(), at), None, "it has ended");
        let later = ended.ended_as_told(3, completed(), at).unwrap();
        assert_eq!(later.generation, 3, "it was read once more since");
    }

    #[test]
    fn a_failure_says_where_and_why() {
        let error = ErrorRecord::new(StageName::Ocr, &StageError::internal("boom", "a bug"));
        let end = ToldEnd::Failed { error: error.clone(), attempts: 3 };
        let failed = accepted_record().ended_as_told(1, end, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(
            (failed.state, failed.stage, failed.attempt),
            (State::Failed, StageName::Ocr, 3)
        );
        assert_eq!((failed.error, failed.result), (Some(error), None));
    }
}
