//! The stage contract: words from the object store in, the published result out.

mod hints_file;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};
use tokio::task::JoinError;

use common::config::{Config, ConfigError};
use common::duplicate::DuplicateIndex;
use common::error::StageError;
use common::job::Job;
use common::metrics::Metrics;
use common::object::ObjectStore;
use common::page::{self, MediaType, ReadDocument};
use common::stage::{Outcome, Stage, StageName};

use crate::duplicate;
use crate::einvoice::Attached;
use crate::error::ExtractError;
use crate::extract;
use crate::facts::DocumentFacts;
use crate::metrics::ResultMetrics;
use crate::own::OwnIdentity;
use crate::result::InvoiceExtracted;
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
    review_below: f64,
    metrics: ResultMetrics,
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
        let review_below = config.extract.review_below;
        let metrics = ResultMetrics::default();
        Ok(Self { clock: Timestamp::now, own, hints, review_below, metrics })
    }

    /// The settings in effect at this moment. Blocks for a look at the hints file.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let hints = self.hints.as_ref().map(|file| file.current()).unwrap_or_default();
        Settings { own: self.own.clone(), hints, review_below: self.review_below }
    }
}

impl Stage for Extract {
    const NAME: StageName = StageName::Extract;

    fn register(&self, metrics: &Metrics) {
        metrics.register(|registry| self.metrics.register(registry));
        if let Some(file) = &self.hints {
            metrics.register(|registry| file.register(registry));
        }
    }

    async fn run(
        &self,
        job: &Job,
        objects: &(impl ObjectStore + DuplicateIndex),
    ) -> Result<Outcome, StageError> {
        let bytes = objects.read(&job.input).await?;
        let document: ReadDocument = page::decode(&bytes)?;
        let facts = DocumentFacts::of(job, (self.clock)());
        let attached = attached(&document, objects).await?;
        let stage = self.clone();
        // A document of 200 pages takes long enough to hold up every other task of this thread, and
        // so may a file on a slow disk.
        let understood = tokio::task::spawn_blocking(move || {
            understand(&document, &attached, &facts, &stage).map(|result| (result, attached))
        });
        let (mut result, attached) = understood.await.map_err(broken)??;
        let fingerprint = duplicate::fingerprint(&job.tenant, &result.invoice);
        if let Some(earlier) = objects.first_like(job, fingerprint.as_ref()).await? {
            result.review = result.review.with(vec![duplicate::reason(&earlier)]);
        }
        self.metrics.extracted(&result, &attached);
        Ok(Outcome::Extracted(published(&result)?))
    }
}

/// The first of a document's attachments that is an e-invoice.
///
/// # Errors
/// Those of the store; an unreadable file is none.
pub async fn attached(
    document: &ReadDocument,
    objects: &impl ObjectStore,
) -> Result<Attached, StageError> {
    let mut files = Vec::with_capacity(document.embedded_xml.len());
    for file in &document.embedded_xml {
        files.push(objects.read(&file.object).await?);
    }
    Ok(Attached::first_of(files.iter().map(Bytes::as_ref)))
}

fn understand(
    document: &ReadDocument,
    attached: &Attached,
    facts: &DocumentFacts,
    stage: &Extract,
) -> Result<InvoiceExtracted, ExtractError> {
    match attached {
        // Where there is no page to fall back on, the file is the document.
        Attached::Unreadable(error) if facts.media_type == MediaType::Xml => {
            return Err((*error).into());
        }
        Attached::Nothing | Attached::Invoice(_) | Attached::Unreadable(_) => {}
    }
    Ok(extract(document, attached, facts, &stage.settings()))
}

fn published(result: &InvoiceExtracted) -> Result<Box<RawValue>, ExtractError> {
    to_raw_value(result).map_err(|error| ExtractError::Unserialisable(error.to_string()))
}

fn broken(error: JoinError) -> ExtractError {
    if error.is_panic() { ExtractError::Panicked } else { ExtractError::Cancelled }
}
