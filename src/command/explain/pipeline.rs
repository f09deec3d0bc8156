//! The stages behind preprocess on one document, without a broker: the same code on objects in memory.

use jiff::Timestamp;

use common::config::Config;
use common::error::StageError;
use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::job::Job;
use common::object::fake::MemoryObjects;
use common::object::{ObjectRef, ObjectStore};
use common::page::{self, MediaType, ReadDocument};
use common::stage::{Outcome, Stage};
use common::worker::Program;
use extract::facts::DocumentFacts;
use extract::result::InvoiceExtracted;
use extract::settings::Settings;
use extract::trace::Decision;
use ocr::Ocr;

/// Correlation id of what no service processes.
const CORRELATION: &str = "explain";

/// A document on its way through the stages.
pub(super) struct Passage {
    pub(super) objects: MemoryObjects,
    pub(super) id: DocumentId,
    content_hash: ContentHash,
    media_type: MediaType,
}

/// What the stages made of a document.
pub(super) struct Understood {
    pub(super) document: ReadDocument,
    pub(super) result: InvoiceExtracted,
    pub(super) decisions: Vec<Decision>,
}

impl Passage {
    /// The passage of a document with these bytes.
    pub(super) fn of(bytes: &[u8], media_type: MediaType) -> Self {
        let content_hash = ContentHash::of(bytes);
        let id = DocumentId::derive(&Tenant::default(), &content_hash, &Options::default());
        Self { objects: MemoryObjects::default(), id, content_hash, media_type }
    }

    /// Runs recognition and extraction on what preprocess handed on.
    ///
    /// # Errors
    /// Those of the stages.
    pub(super) async fn understand(
        &self,
        prepared: ObjectRef,
        config: &Config,
        program: Program,
        settings: &Settings,
    ) -> Result<Understood, StageError> {
        let now = Timestamp::now();
        let job = Job {
            id: self.id.clone(),
            tenant: Tenant::default(),
            generation: 1,
            input: prepared,
            media_type: self.media_type,
            content_hash: self.content_hash.clone(),
            filename: None,
            options: Options::default(),
            correlation_id: CORRELATION.to_owned(),
            received_at: now,
        };
        let read = match Ocr::new(config, program).run(&job, &self.objects).await? {
            Outcome::Handed(read) => self.objects.read(&read).await?,
            Outcome::Extracted(_) => {
                let message = "recognition does not end a document";
                return Err(StageError::internal("no_next_stage", message));
            }
        };
        let document: ReadDocument = page::decode(&read)?;
        let facts = DocumentFacts::of(&job, now);
        let attached = extract::stage::attached(&document, &self.objects).await?;
        let (result, decisions) = extract::explain(&document, &attached, &facts, settings);
        Ok(Understood { document, result, decisions })
    }

    /// The raster that page `index` (from 0) was read from, as 8-bit grey PNG.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn raster(
        &self,
        document: &ReadDocument,
        index: usize,
    ) -> Result<Option<Vec<u8>>, StageError> {
        match document.pages.get(index).and_then(|page| page.raster.as_ref()) {
            Some(raster) => Ok(Some(self.objects.read(raster).await?.to_vec())),
            None => Ok(None),
        }
    }
}
