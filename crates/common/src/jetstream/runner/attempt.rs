//! One attempt at a job: claim, work, hand on, settle.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::{FutureExt, TryFutureExt};
use jiff::Timestamp;
use rand::Rng;
use tokio::time::Instant;
use tracing::{Instrument, info_span};

use super::Runner;
use crate::decide::{Decision, decide};
use crate::error::{ErrorKind, ErrorRecord, StageError};
use crate::failpoint::{self, Point};
use crate::jetstream::broker::forbidden;
use crate::jetstream::ending::{Original, job_message};
use crate::jetstream::erasure::{Search, Wish};
use crate::jetstream::names;
use crate::jetstream::room::Ration;
use crate::jetstream::settle::Settlement;
use crate::jetstream::statuses::Change;
use crate::job::Job;
use crate::metrics::JobOutcome;
use crate::object::ObjectRef;
use crate::stage::{Outcome, Stage};
use crate::status::{Advance, Claim, ClaimOutcome, ResultJson, StatusRecord};

/// How long a job is held while a dependency is away, before it goes back to the queue so that
/// another service may have better luck.
const LONGEST_HOLD: Duration = Duration::from_secs(15 * 60);

/// Pauses between tries while holding: doubled from the first to the longest.
const FIRST_HOLD: Duration = Duration::from_millis(250);
const LONGEST_HOLD_PAUSE: Duration = Duration::from_secs(10);

/// When a job comes back that was held for too long.
const AFTER_HOLD: Duration = Duration::from_secs(60);

/// When a job comes back whose status record was not there yet.
const AFTER_BEHIND: Duration = Duration::from_secs(2);

/// When a job comes back that made way for an older one: that one needs its time.
const AFTER_MAKING_WAY: Duration = Duration::from_secs(30);

/// What becomes of a job whose document another service has moved on. It may have ended it, and what
/// follows from that may not be stored yet: until it is, this message is what stands for it. Whoever
/// gets it next finds out.
const OVERTAKEN: Settlement = Settlement::Again { after: Duration::from_secs(2) };

/// How the attempt's holder knows itself.
struct Holder<'a, S> {
    runner: &'a Runner<S>,
    job: &'a Job,
    original: &'a Original,
    /// The stores, as far as the stage may fill them.
    ration: Ration<'a>,
    /// Unique to this attempt.
    owner: String,
}

/// Claims and works on `job`, delivered as message `sequence`. Returns how to answer the
/// delivery; `None` leaves it to whoever holds the job now, or to the end of the lease.
pub(super) async fn see_through<S: Stage>(
    runner: &Runner<S>,
    job: &Job,
    sequence: u64,
    original: &Original,
) -> Option<Settlement> {
    let owner = nuid::next().to_string();
    let ration = Ration::new(&runner.broker, &runner.room, S::NAME, sequence);
    let holder = Holder { runner, job, original, ration, owner };
    let claimed = holder.claim(sequence).instrument(info_span!("claim")).await;
    let settled = match claimed {
        Ok(Claimed::Run(record)) => {
            tracing::Span::current().record("attempt", record.attempt);
            failpoint::reach(Point::JobClaimed).await;
            holder.work(&record).await
        }
        Ok(Claimed::Settled(settlement)) => Ok(Some(settlement)),
        Err(error) => Err(error),
    };
    settled.unwrap_or_else(|error| {
        // The broker is away for longer than a hold, or the record cannot be read: the lease
        // ends, the message comes back, the sweeper watches.
        tracing::error!(%error, "job could not be settled");
        None
    })
}

enum Claimed {
    Run(Box<StatusRecord>),
    Settled(Settlement),
}

impl<S: Stage> Holder<'_, S> {
    async fn claim(&self, sequence: u64) -> Result<Claimed, StageError> {
        let (job, attempts) = (self.job, self.runner.settings.policy.attempts);
        let claim = Claim { owner: self.owner.clone(), sequence };
        let decide = |record: &StatusRecord| {
            let (claim, now) = (claim.clone(), Timestamp::now());
            match record.claimed(S::NAME, job.generation, &job.input, claim, attempts, now) {
                ClaimOutcome::Run(next) => Ok(*next),
                other => Err((other, Box::new(record.clone()))),
            }
        };
        let broker = &self.runner.broker;
        let change = self.patiently(|| broker.change_status(&job.id, &decide)).await?;
        match change {
            Change::Stored(record) => Ok(Claimed::Run(record)),
            Change::Missing => {
                tracing::warn!("job of a document without status is dropped");
                self.leave_nothing(Search::ByChunks).await?;
                Ok(Claimed::Settled(Settlement::Ack))
            }
            Change::Declined((outcome, record)) => self.declined(outcome, &record).await,
        }
    }

    async fn declined(
        &self,
        outcome: ClaimOutcome,
        record: &StatusRecord,
    ) -> Result<Claimed, StageError> {
        let settlement = match outcome {
            // Run is the other branch of the claim and never gets here.
            ClaimOutcome::Run(_) | ClaimOutcome::Superseded => {
                self.runner.metrics.stages.ended(S::NAME, JobOutcome::Superseded, None);
                Settlement::Ack
            }
            ClaimOutcome::Ended => {
                self.store_ending(record).await?;
                Settlement::Ack
            }
            ClaimOutcome::Behind => Settlement::Again { after: AFTER_BEHIND },
            ClaimOutcome::Exhausted => {
                let error = record.cause_of_giving_up();
                self.give_up(error).await?
            }
        };
        Ok(Claimed::Settled(settlement))
    }

    async fn work(&self, record: &StatusRecord) -> Result<Option<Settlement>, StageError> {
        let started = Instant::now();
        let outcome = tokio::select! {
            outcome = self.attempt() => outcome,
            () = self.runner.abandon.cancelled() => return self.release(Duration::ZERO).await,
            () = self.ration.crowded_out() => {
                tracing::warn!("job makes way for an older one: there is no room for both");
                self.ration.withdraw().await;
                return self.release(AFTER_MAKING_WAY).await;
            }
        };
        if outcome.is_ok() {
            failpoint::reach(Point::OutputsWritten).await;
        }
        let settled = match outcome {
            Ok(Outcome::Handed(output)) => self.hand_on(output).await,
            Ok(Outcome::Extracted(result)) => self.complete(ResultJson(result)).await,
            Err(error) => Err(error),
        };
        self.runner.metrics.stages.observe(S::NAME, started.elapsed());
        match settled {
            Ok(settlement) => {
                self.runner.metrics.stages.ended(S::NAME, JobOutcome::Done, None);
                let duration_ms = started.elapsed().as_secs_f64() * 1000.0;
                tracing::info!(duration_ms, "job done");
                Ok(settlement)
            }
            Err(error) => self.failed(&error, record).await,
        }
    }

    /// Runs the stage; while a dependency is away, again and again.
    async fn attempt(&self) -> Result<Outcome, StageError> {
        self.patiently(|| self.run_stage().instrument(info_span!("run"))).await
    }

    async fn run_stage(&self) -> Result<Outcome, StageError> {
        self.ration.begin().await?;
        let deadline = self.runner.settings.deadline;
        let work = AssertUnwindSafe(self.runner.stage.run(self.job, &self.ration));
        match tokio::time::timeout(deadline, work.catch_unwind()).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_panic)) => Err(StageError::internal("stage_panicked", "a bug in a stage")),
            Err(_elapsed) => Err(StageError::internal(
                "stage_timed_out",
                format!("no end within the deadline of {} s", deadline.as_secs()),
            )),
        }
    }

    /// Publishes the next stage's job, then advances the status. The message may be acknowledged
    /// after both.
    async fn hand_on(&self, output: ObjectRef) -> Result<Option<Settlement>, StageError> {
        let Some(next) = S::NAME.next() else {
            return Err(StageError::internal("no_next_stage", "the last stage handed on"));
        };
        let job = Job { input: output.clone(), ..self.job.clone() };
        let message = job_message(next, &job)?;
        let message_id = names::job_message_id(next, &job.id, job.generation);
        let broker = &self.runner.broker;
        let publish = || broker.publish(message.clone(), &message_id).map_err(StageError::from);
        self.patiently(publish).instrument(info_span!("publish")).await?;
        failpoint::reach(Point::SuccessorPublished).await;
        let settled = self.settle_status(|record| {
            let now = Timestamp::now();
            record.advanced(&self.owner, S::NAME, job.generation, next, output.clone(), now)
        });
        Ok(match settled.instrument(info_span!("advance")).await? {
            Settled::Stored(_) | Settled::AlreadyPast | Settled::Missing => Some(Settlement::Ack),
            Settled::Fenced => None,
        })
    }

    /// Commits the result, then stores the event that follows from it.
    async fn complete(&self, result: ResultJson) -> Result<Option<Settlement>, StageError> {
        let settled = self.settle_status(|record| {
            let now = Timestamp::now();
            record.completed(&self.owner, S::NAME, self.job.generation, result.clone(), now)
        });
        match settled.instrument(info_span!("advance")).await? {
            Settled::Stored(record) => {
                self.runner.metrics.documents.ended(&record);
                self.store_ending(&record).instrument(info_span!("publish")).await?;
                Ok(Some(Settlement::Ack))
            }
            Settled::AlreadyPast => Ok(Some(OVERTAKEN)),
            Settled::Missing => Ok(Some(Settlement::Ack)),
            Settled::Fenced => Ok(None),
        }
    }

    async fn failed(
        &self,
        error: &StageError,
        status: &StatusRecord,
    ) -> Result<Option<Settlement>, StageError> {
        let noise = rand::rng().random_range(0.0..1.0);
        let policy = &self.runner.settings.policy;
        let decision = decide(error, status.attempt, status.remakable(), policy, noise);
        tracing::warn!(%error, ?decision, "attempt failed");
        let record = ErrorRecord::new(S::NAME, error);
        let generation = self.job.generation;
        match decision {
            Decision::Hold => self.release(AFTER_HOLD).await,
            Decision::Remake => self.remake(&error.code).await,
            Decision::Retry { after } => {
                self.runner.metrics.stages.ended(S::NAME, JobOutcome::Retried, Some(&error.code));
                let settled = self.settle_status(|status| {
                    let (error, now) = (record.clone(), Timestamp::now());
                    status.to_be_retried(&self.owner, S::NAME, generation, error, now)
                });
                Ok(match settled.await? {
                    Settled::Stored(_) => Some(Settlement::Again { after }),
                    Settled::AlreadyPast => Some(OVERTAKEN),
                    Settled::Missing => Some(Settlement::Ack),
                    Settled::Fenced => None,
                })
            }
            Decision::DeadLetter => {
                self.runner.metrics.stages.ended(
                    S::NAME,
                    JobOutcome::DeadLettered,
                    Some(&error.code),
                );
                let settled = self.settle_status(|status| {
                    let (error, now) = (record.clone(), Timestamp::now());
                    status.failed(&self.owner, S::NAME, generation, error, now)
                });
                match settled.await? {
                    Settled::Stored(record) => {
                        self.runner.metrics.documents.ended(&record);
                        self.store_ending(&record).await?;
                        Ok(Some(Settlement::Terminate))
                    }
                    Settled::AlreadyPast => Ok(Some(OVERTAKEN)),
                    Settled::Missing => Ok(Some(Settlement::Ack)),
                    Settled::Fenced => Ok(None),
                }
            }
        }
    }

    /// What the stage reads is lost: the document begins anew, as its next generation.
    async fn remake(&self, code: &str) -> Result<Option<Settlement>, StageError> {
        self.runner.metrics.stages.ended(S::NAME, JobOutcome::Remade, Some(code));
        let generation = self.job.generation;
        let settled = self.settle_status(|record| {
            record.remade(&self.owner, S::NAME, generation, Timestamp::now())
        });
        Ok(match settled.await? {
            Settled::Stored(record) => {
                let broker = &self.runner.broker;
                // What is damaged would be taken for written when it is written again.
                let wish = Wish::Remade { generation: record.generation };
                self.patiently(|| broker.ask_to_remove(&self.job.id, &wish)).await?;
                let publish = || broker.publish_job(&record).map_err(StageError::from);
                self.patiently(publish).await?;
                Some(Settlement::Ack)
            }
            Settled::AlreadyPast | Settled::Missing => Some(Settlement::Ack),
            Settled::Fenced => None,
        })
    }

    /// Every attempt was begun and none came back: the document fails.
    async fn give_up(&self, error: ErrorRecord) -> Result<Settlement, StageError> {
        let code = error.code.clone();
        self.runner.metrics.stages.ended(S::NAME, JobOutcome::DeadLettered, Some(&code));
        let settled = self.settle_status(|record| {
            let next = record.clone().given_up(error.clone(), Timestamp::now());
            if next == *record { Advance::AlreadyPast } else { Advance::To(Box::new(next)) }
        });
        match settled.await? {
            Settled::Stored(record) => {
                self.runner.metrics.documents.ended(&record);
                self.store_ending(&record).await?;
                Ok(Settlement::Terminate)
            }
            Settled::AlreadyPast => Ok(OVERTAKEN),
            Settled::Missing | Settled::Fenced => Ok(Settlement::Ack),
        }
    }

    async fn release(&self, after: Duration) -> Result<Option<Settlement>, StageError> {
        self.runner.metrics.stages.ended(S::NAME, JobOutcome::Released, None);
        let generation = self.job.generation;
        let settled = self.settle_status(|record| {
            record.released(&self.owner, S::NAME, generation, Timestamp::now())
        });
        Ok(match settled.await? {
            Settled::Stored(_) => Some(Settlement::Again { after }),
            Settled::AlreadyPast => Some(OVERTAKEN),
            Settled::Missing => Some(Settlement::Ack),
            Settled::Fenced => None,
        })
    }

    async fn store_ending(&self, record: &StatusRecord) -> Result<(), StageError> {
        self.patiently(|| self.runner.broker.store_ending(record, self.original)).await
    }

    async fn settle_status(
        &self,
        change: impl Fn(&StatusRecord) -> Advance + Sync,
    ) -> Result<Settled, StageError> {
        let decide = |record: &StatusRecord| match change(record) {
            Advance::To(next) => Ok(*next),
            other => Err(other),
        };
        let broker = &self.runner.broker;
        Ok(match self.patiently(|| broker.change_status(&self.job.id, &decide)).await? {
            Change::Stored(record) => {
                failpoint::reach(Point::StatusAdvanced).await;
                Settled::Stored(record)
            }
            Change::Declined(Advance::Fenced) => {
                tracing::warn!("another service holds the job now, this outcome is dropped");
                self.runner.metrics.stages.ended(S::NAME, JobOutcome::Fenced, None);
                Settled::Fenced
            }
            Change::Declined(Advance::AlreadyPast | Advance::To(_)) => Settled::AlreadyPast,
            Change::Missing => {
                // Its objects may be torn: some of their chunks were there when it was erased.
                self.leave_nothing(Search::ByName).await?;
                Settled::Missing
            }
        })
    }

    /// Tells the sweeper that the job is held and not forgotten. When it cannot be told, the broker
    /// is away, and then nobody sweeps.
    async fn give_sign_of_life(&self) {
        let generation = self.job.generation;
        let change = self.runner.broker.change_status(&self.job.id, |record| {
            match record.held(&self.owner, S::NAME, generation, Timestamp::now()) {
                Advance::To(next) => Ok(*next),
                Advance::AlreadyPast | Advance::Fenced => Err(()),
            }
        });
        if let Err(error) = change.await {
            tracing::debug!(%error, "no sign of life could be given");
        }
    }

    /// The document has no status: if it was erased, nothing of this attempt may stay.
    async fn leave_nothing(&self, search: Search) -> Result<(), StageError> {
        let broker = &self.runner.broker;
        let erased = self.patiently(|| broker.leave_nothing(&self.job.id, search)).await?;
        if erased {
            tracing::info!("document was erased, what this attempt left is removed");
        }
        Ok(())
    }

    /// Repeats `work` while a dependency is away, keeping the lease: a document must not fail
    /// because the broker or the store was gone for a while.
    async fn patiently<T, F>(&self, work: impl Fn() -> F) -> Result<T, StageError>
    where
        F: Future<Output = Result<T, StageError>>,
    {
        let (started, asked) = (Instant::now(), std::time::Instant::now());
        let (mut pause, mut seen) = (FIRST_HOLD, started);
        loop {
            let done = work().await;
            if done.as_ref().is_err_and(|error| error.kind == ErrorKind::Transient)
                && let Some(denied) = self.runner.broker.denied_since(asked, None)
            {
                return Err(forbidden(&denied));
            }
            match done {
                Err(error)
                    if error.kind == ErrorKind::Transient
                        && started.elapsed() < LONGEST_HOLD
                        && !self.runner.abandon.is_cancelled() =>
                {
                    tracing::warn!(%error, "waiting for a dependency");
                    self.runner.metrics.stages.ended(S::NAME, JobOutcome::Held, Some(&error.code));
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_HOLD_PAUSE);
                    if seen.elapsed() >= self.runner.settings.sign_of_life {
                        self.give_sign_of_life().await;
                        seen = Instant::now();
                    }
                }
                other => return other,
            }
        }
    }
}

enum Settled {
    Stored(Box<StatusRecord>),
    AlreadyPast,
    Fenced,
    Missing,
}
