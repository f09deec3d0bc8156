//! The stage contract: words from the object store in, the published result out.

mod hints_file;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};
use tokio::task::JoinError;

use common::config::{Config, ConfigError};
use common::error::StageError;
use common::job::Job;
use common::metrics::Metrics;
use common::object::ObjectStore;
use common::page::{self, ReadDocument};
use common::stage::{Outcome, Stage, StageName};

use crate::error::ExtractError;
use crate::extract;
use crate::facts::DocumentFacts;
use crate::own::OwnIdentity;
use crate::settings::Settings;
use crate::stage::hints_file::HintsFile;

pub use hints_file::HintsFileError;

/// The last stage of the pipeline.
#[derive(Clone, Debug)]
pub struct Extract {
    /// Tells the time that the result carries; a fixed clock gives the same bytes each time.
    pub clock: fn() -> Timestamp,
    own: OwnIdentity,
    hints: Option<Arc<HintsFile>>,
}

impl Extract {
    /// A stage with the settings of section `[extract]`, whose hints file is read here.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key, and the file where it is at fault.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let own = OwnIdentity::from_config(&config.extract.own)?;
        let path = &config.extract.hints;
        let hints = match path.as_str() {
            "" => None,
            path => Some(Arc::new(HintsFile::open(Path::new(path)).map_err(|error| {
                ConfigError::BadFile {
                    key: "extract.hints",
                    path: path.to_owned(),
                    source: error.into(),
                }
            })?)),
        };
        Ok(Self { clock: Timestamp::now, own, hints })
    }

    /// The settings in effect at this moment. Blocks for a look at the hints file.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let hints = self.hints.as_ref().map(|file| file.current()).unwrap_or_default();
        Settings { own: self.own.clone(), hints }
    }
}

impl Stage for Extract {
    const NAME: StageName = StageName::Extract;

    fn register(&self, metrics: &Metrics) {
        if let Some(file) = &self.hints {
            metrics.register(|registry| file.register(registry));
        }
    }

    async fn run(&self, job: &Job, objects: &impl ObjectStore) -> Result<Outcome, StageError> {
        let bytes = objects.read(&job.input).await?;
        let document: ReadDocument = page::decode(&bytes)?;
        let facts = DocumentFacts::of(job, (self.clock)());
        let stage = self.clone();
        // A document of 200 pages takes long enough to hold up every other task of this thread, and
        // so may a file on a slow disk.
        let result =
            tokio::task::spawn_blocking(move || publish(&document, &facts, &stage.settings()));
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
