//! The stage contract: words from the object store in, the published result out.

use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};
use tokio::task::JoinError;

use common::config::{Config, ConfigError};
use common::error::StageError;
use common::job::Job;
use common::object::ObjectStore;
use common::page::{self, ReadDocument};
use common::stage::{Outcome, Stage, StageName};

use crate::error::ExtractError;
use crate::extract;
use crate::facts::DocumentFacts;
use crate::settings::Settings;

/// The last stage of the pipeline.
#[derive(Clone, Debug)]
pub struct Extract {
    /// Tells the time that the result carries; a fixed clock gives the same bytes each time.
    pub clock: fn() -> Timestamp,
    settings: Settings,
}

impl Extract {
    /// A stage with the settings of `config`.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        Ok(Self { clock: Timestamp::now, settings: Settings::from_config(config)? })
    }
}

impl Stage for Extract {
    const NAME: StageName = StageName::Extract;

    async fn run(&self, job: &Job, objects: &impl ObjectStore) -> Result<Outcome, StageError> {
        let bytes = objects.read(&job.input).await?;
        let document: ReadDocument = page::decode(&bytes)?;
        let facts = DocumentFacts::of(job, (self.clock)());
        // A document of 200 pages takes long enough to hold up every other task of this thread.
        let settings = self.settings.clone();
        let result = tokio::task::spawn_blocking(move || publish(&document, &facts, &settings));
        Ok(Outcome::Extracted(result.await.map_err(broken)??))
    }
}

fn publish(
    document: &ReadDocument,
    facts: &DocumentFacts,
    settings: &Settings,
) -> Result<Box<RawValue>, ExtractError> {
    to_raw_value(&extract(document, facts, settings))
        .map_err(|error| ExtractError::Unserialisable(error.to_string()))
}

fn broken(error: JoinError) -> ExtractError {
    if error.is_panic() { ExtractError::Panicked } else { ExtractError::Cancelled }
}
