//! The three stages on one document, in this process and its workers, with objects in memory.

use jiff::Timestamp;
use serde_json::Value;

use common::config::Config;
use common::error::{ErrorKind, StageError};
use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::job::Job;
use common::object::fake::MemoryObjects;
use common::object::{Bucket, ObjectStore};
use common::stage::{Outcome, Stage, StageName};
use extract::stage::Extract;
use gateway::door::Admitted;
use ocr::Ocr;
use preprocess::Preprocess;

use crate::command::CommandError;
use crate::command::worker::program;

/// Correlation id of what no service processes.
const CORRELATION: &str = "read";

/// The stages, with workers of their own.
pub(super) struct Local {
    preprocess: Preprocess,
    ocr: Ocr,
    extract: Extract,
    config: Config,
}

/// What is known of a document before it is read.
pub(super) struct Document {
    pub(super) id: DocumentId,
    pub(super) content_hash: ContentHash,
    pub(super) admitted: Admitted,
    pub(super) options: Options,
}

impl Local {
    /// The stages as `config` sets them; no worker is started yet.
    ///
    /// # Errors
    /// Those of the configuration.
    pub(super) fn new(config: &Config) -> Result<Self, CommandError> {
        let extract = Extract::new(config)?;
        let preprocess = Preprocess::new(config, program(StageName::Preprocess)?);
        let ocr = Ocr::new(config, program(StageName::Ocr)?);
        Ok(Self { preprocess, ocr, extract, config: config.clone() })
    }

    /// Starts a worker, so that what is missing is known at once. That of recognition waits until something
    /// has to be recognised: its networks take a second to load.
    ///
    /// # Errors
    /// Those of the stage.
    pub(super) async fn warm_up(&self) -> Result<(), StageError> {
        self.preprocess.warm_up().await
    }

    /// The published result (`invoice.extracted`) of a document of these bytes.
    ///
    /// # Errors
    /// That of the stage that gave up, with its name.
    pub(super) async fn read(
        &self,
        document: Document,
        bytes: Vec<u8>,
    ) -> Result<Value, (StageName, StageError)> {
        let Document { id, content_hash, admitted, options } = document;
        let objects = MemoryObjects::default();
        let stored = objects.write(Bucket::Uploads, &id, bytes.into()).await;
        let job = Job {
            id,
            tenant: Tenant::default(),
            generation: 1,
            input: stored.map_err(|error| (StageName::Preprocess, error))?,
            media_type: admitted.media_type,
            content_hash,
            filename: admitted.filename,
            options,
            correlation_id: CORRELATION.to_owned(),
            received_at: Timestamp::now(),
        };
        let job = self.hand_on(&self.preprocess, job, &objects).await?;
        let job = self.hand_on(&self.ocr, job, &objects).await?;
        let outcome = self.patiently(&self.extract, &job, &objects).await;
        match outcome.map_err(|error| (StageName::Extract, error))? {
            Outcome::Extracted(result) => serde_json::from_str(result.get()).map_err(|error| {
                let message = error.to_string();
                (StageName::Extract, StageError::internal("result_unserialisable", message))
            }),
            Outcome::Handed(_) => Err((StageName::Extract, unexpected())),
        }
    }

    /// The next stage's job after `stage` has done `job`.
    async fn hand_on<S: Stage>(
        &self,
        stage: &S,
        job: Job,
        objects: &MemoryObjects,
    ) -> Result<Job, (StageName, StageError)> {
        match self.patiently(stage, &job, objects).await {
            Ok(Outcome::Handed(input)) => Ok(Job { input, ..job }),
            Ok(Outcome::Extracted(_)) => Err((S::NAME, unexpected())),
            Err(error) => Err((S::NAME, error)),
        }
    }

    /// Runs a stage under its deadline, as often as the service would. Somebody waits, and no other document
    /// is helped by a pause, so there is none between two attempts.
    async fn patiently<S: Stage>(
        &self,
        stage: &S,
        job: &Job,
        objects: &MemoryObjects,
    ) -> Result<Outcome, StageError> {
        let settings = self.config.stage(S::NAME);
        let (deadline, mut left) = (settings.deadline(), settings.attempts);
        loop {
            let run = tokio::time::timeout(deadline, stage.run(job, objects)).await;
            left = left.saturating_sub(1);
            match run {
                Ok(Err(error)) if left > 0 && error.kind != ErrorKind::Rejected => {}
                Ok(ended) => return ended,
                Err(_elapsed) if left > 0 => {}
                Err(_elapsed) => {
                    let message = format!("no end within the deadline of {} s", deadline.as_secs());
                    return Err(StageError::internal("stage_timed_out", message));
                }
            }
        }
    }
}

fn unexpected() -> StageError {
    StageError::internal("no_next_stage", "a stage ended what it should hand on, or the reverse")
}
