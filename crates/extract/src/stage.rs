//! The stage contract: words from the object store in, the published result out.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};
use tokio::task::JoinError;

use common::error::StageError;
use common::job::Job;
use common::object::ObjectStore;
use common::page::{self, MediaType, ReadDocument};
use common::stage::{Outcome, Stage, StageName};

use crate::einvoice::Attached;
use crate::error::ExtractError;
use crate::extract;
use crate::facts::DocumentFacts;

/// The last stage of the pipeline.
#[derive(Clone, Copy, Debug)]
pub struct Extract {
    /// Tells the time that the result carries; a fixed clock gives the same bytes each time.
    pub clock: fn() -> Timestamp,
}

impl Default for Extract {
    fn default() -> Self {
        Self { clock: Timestamp::now }
    }
}

impl Stage for Extract {
    const NAME: StageName = StageName::Extract;

    async fn run(&self, job: &Job, objects: &impl ObjectStore) -> Result<Outcome, StageError> {
        let bytes = objects.read(&job.input).await?;
        let document: ReadDocument = page::decode(&bytes)?;
        let facts = DocumentFacts::of(job, (self.clock)());
        let mut files = Vec::with_capacity(document.embedded_xml.len());
        for file in &document.embedded_xml {
            files.push(objects.read(&file.object).await?);
        }
        // A document of 200 pages takes long enough to hold up every other task of this thread.
        let result = tokio::task::spawn_blocking(move || publish(&document, &files, &facts));
        Ok(Outcome::Extracted(result.await.map_err(broken)??))
    }
}

fn publish(
    document: &ReadDocument,
    files: &[Bytes],
    facts: &DocumentFacts,
) -> Result<Box<RawValue>, ExtractError> {
    let attached = Attached::first_of(files.iter().map(Bytes::as_ref));
    match attached {
        // Where there is no page to fall back on, the file is the document.
        Attached::Unreadable(error) if facts.media_type == MediaType::Xml => {
            return Err(error.into());
        }
        Attached::Nothing | Attached::Invoice(_) | Attached::Unreadable(_) => {}
    }
    to_raw_value(&extract(document, &attached, facts))
        .map_err(|error| ExtractError::Unserialisable(error.to_string()))
}

fn broken(error: JoinError) -> ExtractError {
    if error.is_panic() { ExtractError::Panicked } else { ExtractError::Cancelled }
}
