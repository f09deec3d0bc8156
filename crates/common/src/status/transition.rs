//! How a status may change. Every function takes a record and returns the next one, or says why
//! there is none; none of them knows a clock, a broker or a random number.

use jiff::Timestamp;

use crate::error::{ErrorRecord, StageError};
use crate::object::ObjectRef;
use crate::stage::StageName;

use super::record::{Claim, ResultJson, State, StatusRecord};

/// How often a document is begun anew because an object was lost: a store that loses one document
/// three times will lose it again.
const MAX_REMAKES: u32 = 2;

/// What a service that received a job may do with it.
#[derive(Clone, Debug, PartialEq)]
pub enum ClaimOutcome {
    /// Work, once this record is stored.
    Run(Box<StatusRecord>),
    /// Nothing is left to do: the job is past, from an earlier generation, or a second copy of
    /// one that is being worked on. Acknowledge it.
    Superseded,
    /// The document has ended: make sure that its event is stored, then acknowledge.
    Ended,
    /// The record is behind the job, so what was read is not the latest. Deliver it again later.
    Behind,
    /// All attempts were begun and none came back. Fail the document with the last error.
    Exhausted,
}

/// What became of a finished attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Advance {
    /// Store this record.
    To(Box<StatusRecord>),
    /// Another service has moved it on already, with the same outcome.
    AlreadyPast,
    /// Another service holds the stage now: leave the status and the message to it.
    Fenced,
}

impl StatusRecord {
    /// A service received a job of `stage` and `generation` and wants to begin an attempt as
    /// `claim.owner`, of at most `attempts`.
    #[must_use]
    pub fn claimed(
        &self,
        stage: StageName,
        generation: u32,
        input: &ObjectRef,
        claim: Claim,
        attempts: u32,
        now: Timestamp,
    ) -> ClaimOutcome {
        if generation > self.generation {
            return ClaimOutcome::Behind;
        }
        if generation < self.generation || stage < self.stage {
            return ClaimOutcome::Superseded;
        }
        if self.state.is_terminal() {
            return ClaimOutcome::Ended;
        }
        if stage > self.stage {
            // The predecessor stores the job before it advances the status, and this job has
            // overtaken it: that it exists proves that the predecessor is done.
            return ClaimOutcome::Run(Box::new(Self {
                stage,
                attempt: 1,
                input: input.clone(),
                last_error: None,
                ..self.working(claim, now)
            }));
        }
        if self.claim.as_ref().is_some_and(|held| held.sequence != claim.sequence) {
            return ClaimOutcome::Superseded;
        }
        if self.attempt >= attempts {
            return ClaimOutcome::Exhausted;
        }
        ClaimOutcome::Run(Box::new(Self { attempt: self.attempt + 1, ..self.working(claim, now) }))
    }

    /// The attempt of `owner` in `stage` succeeded and the next stage's job, reading `output`, is
    /// stored.
    #[must_use]
    pub fn advanced(
        &self,
        owner: &str,
        stage: StageName,
        generation: u32,
        next: StageName,
        output: ObjectRef,
        now: Timestamp,
    ) -> Advance {
        self.settled(owner, stage, generation, |record| Self {
            state: State::Queued,
            stage: next,
            attempt: 0,
            claim: None,
            input: output,
            last_error: None,
            updated_at: now,
            ..record
        })
    }

    /// The attempt of `owner` in the last stage succeeded with `result`.
    #[must_use]
    pub fn completed(
        &self,
        owner: &str,
        stage: StageName,
        generation: u32,
        result: ResultJson,
        now: Timestamp,
    ) -> Advance {
        self.settled(owner, stage, generation, |record| Self {
            state: State::Completed,
            claim: None,
            last_error: None,
            result: Some(result),
            updated_at: now,
            ..record
        })
    }

    /// The attempt of `owner` failed for good.
    #[must_use]
    pub fn failed(
        &self,
        owner: &str,
        stage: StageName,
        generation: u32,
        error: ErrorRecord,
        now: Timestamp,
    ) -> Advance {
        self.settled(owner, stage, generation, |record| record.given_up(error, now))
    }

    /// Nobody could finish the document: all attempts were begun, or nothing can bring it back.
    /// Whoever holds it loses it. Without effect on a document that has ended.
    #[must_use]
    pub fn given_up(self, error: ErrorRecord, now: Timestamp) -> Self {
        if self.state.is_terminal() {
            return self;
        }
        Self {
            state: State::Failed,
            claim: None,
            last_error: None,
            error: Some(error),
            updated_at: now,
            ..self
        }
    }

    /// Why a document ends whose attempts are used up: the last reported error, or that none of
    /// them ever reported anything.
    #[must_use]
    pub fn cause_of_giving_up(&self) -> ErrorRecord {
        self.last_error.clone().unwrap_or_else(|| {
            let attempts = self.attempt;
            let error = StageError::internal(
                "attempts_exhausted",
                format!("{attempts} attempts were begun and none came back: the service died"),
            );
            ErrorRecord::new(self.stage, &error)
        })
    }

    /// The attempt of `owner` failed and another one is due.
    #[must_use]
    pub fn to_be_retried(
        &self,
        owner: &str,
        stage: StageName,
        generation: u32,
        error: ErrorRecord,
        now: Timestamp,
    ) -> Advance {
        self.settled(owner, stage, generation, |record| Self {
            state: State::Queued,
            claim: None,
            last_error: Some(error),
            updated_at: now,
            ..record
        })
    }

    /// `owner` hands the job back untried (shutdown, a dependency away for too long): the attempt
    /// does not count.
    #[must_use]
    pub fn released(
        &self,
        owner: &str,
        stage: StageName,
        generation: u32,
        now: Timestamp,
    ) -> Advance {
        self.settled(owner, stage, generation, |record| Self {
            state: State::Queued,
            attempt: record.attempt.saturating_sub(1),
            claim: None,
            updated_at: now,
            ..record
        })
    }

    /// Whether what the current stage reads can be made again: it was made from the original, and not
    /// too often yet.
    #[must_use]
    pub fn remakable(&self) -> bool {
        self.input != self.original && self.remakes < MAX_REMAKES
    }

    /// What `owner` was to read is lost: the document is processed once more from its original, as
    /// the next generation, so that jobs of this one count no more.
    #[must_use]
    pub fn remade(
        &self,
        owner: &str,
        stage: StageName,
        generation: u32,
        now: Timestamp,
    ) -> Advance {
        self.settled(owner, stage, generation, |record| Self {
            remakes: record.remakes + 1,
            ..record.begun_anew(now)
        })
    }

    /// `owner` waits for something that its job needs: the same record, with a sign of life.
    #[must_use]
    pub fn held(&self, owner: &str, stage: StageName, generation: u32, now: Timestamp) -> Advance {
        self.settled(owner, stage, generation, |record| Self { updated_at: now, ..record })
    }

    /// A document that stopped moving is queued again; attempts stay counted. `None` when it has
    /// ended.
    #[must_use]
    pub fn requeued(&self, now: Timestamp) -> Option<Self> {
        (!self.state.is_terminal()).then(|| Self {
            state: State::Queued,
            claim: None,
            updated_at: now,
            ..self.clone()
        })
    }

    /// A failed document is processed once more, from its original, as the next generation.
    /// `None` unless it has failed.
    #[must_use]
    pub fn replayed(&self, now: Timestamp) -> Option<Self> {
        (self.state == State::Failed).then(|| self.begun_anew(now))
    }

    /// A document that has ended is processed once more, from its original, as the next generation; what
    /// it ended with goes. `None` unless it has ended.
    #[must_use]
    pub fn reprocessed(&self, now: Timestamp) -> Option<Self> {
        self.state.is_terminal().then(|| self.begun_anew(now))
    }

    fn begun_anew(&self, now: Timestamp) -> Self {
        Self {
            generation: self.generation + 1,
            state: State::Queued,
            stage: StageName::Preprocess,
            attempt: 0,
            claim: None,
            input: self.original.clone(),
            last_error: None,
            result: None,
            error: None,
            // They stay in the history, and are of the generation that they were made in.
            ended_at: None,
            correction_untold: false,
            updated_at: now,
            ..self.clone()
        }
    }

    fn working(&self, claim: Claim, now: Timestamp) -> Self {
        Self { state: State::Processing, claim: Some(claim), updated_at: now, ..self.clone() }
    }

    /// Applies `change` if `owner` still holds the stage.
    fn settled(
        &self,
        owner: &str,
        stage: StageName,
        generation: u32,
        change: impl FnOnce(Self) -> Self,
    ) -> Advance {
        if self.generation > generation || self.stage > stage || self.state.is_terminal() {
            return Advance::AlreadyPast;
        }
        if self.stage != stage || self.claim.as_ref().is_none_or(|held| held.owner != owner) {
            return Advance::Fenced;
        }
        Advance::To(Box::new(change(self.clone())))
    }
}
