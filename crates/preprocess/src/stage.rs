//! The service's side: a document comes out of the object store, its pages go into it.

use std::process::ExitCode;

use common::config::Config;
use common::error::StageError;
use common::id::DocumentId;
use common::job::Job;
use common::metrics::Metrics;
use common::object::{Bucket, ObjectRef, ObjectStore};
use common::page::{EmbeddedXml, MediaType, PreparedDocument, encode};
use common::stage::{Outcome, Stage, StageName};
use common::worker::{Budget, Limits, Pool, Program, run_child};

use crate::error::PreprocessError;
use crate::pages::Pages;
use crate::params::Params;
use crate::reader::{PageMaker, XmlFile};
use crate::reading::Reading;

/// Name of an e-invoice that came without one.
const UNNAMED_XML: &str = "invoice.xml";

/// The `preprocess` stage.
#[derive(Clone)]
pub struct Preprocess {
    pool: Pool<PageMaker>,
    budget: Budget,
    params: Params,
}

impl Preprocess {
    /// A stage whose workers are started as `program`.
    #[must_use]
    pub fn new(config: &Config, program: Program) -> Self {
        let size = config.stage(StageName::Preprocess).worker_count();
        let (pool, budget) = workers(config, program, size);
        Self { pool, budget, params: Params::from_config(config) }
    }
}

/// At most `size` workers started as `program`, and what a request to one of them may take.
pub(crate) fn workers(config: &Config, program: Program, size: usize) -> (Pool<PageMaker>, Budget) {
    let limits = Limits::from(&config.worker);
    let params = Params::from_config(config);
    let pool = Pool::new(StageName::Preprocess, program, size, limits, params);
    (pool, Budget::from(&config.worker))
}

/// `main` of a worker process.
#[must_use]
pub fn worker_main() -> ExitCode {
    run_child::<PageMaker>()
}

impl Stage for Preprocess {
    const NAME: StageName = StageName::Preprocess;

    async fn warm_up(&self) -> Result<(), StageError> {
        self.pool.warm_up().await
    }

    fn register(&self, metrics: &Metrics) {
        self.pool.register(metrics);
    }

    async fn run(&self, job: &Job, objects: &impl ObjectStore) -> Result<Outcome, StageError> {
        if job.media_type == MediaType::Xml {
            return self.hand_on(job, objects).await;
        }
        let bytes = objects.read(&job.input).await?;
        let mut reading = Reading::new(self.pool.lease().await?, self.budget, &self.params);
        let (count, xml) = reading.open(job.media_type, &bytes).await?;

        let embedded_xml = stored_xml(xml, &job.id, objects).await?;
        let (pool, budget, params, bytes) = (&self.pool, self.budget, &self.params, &bytes);
        let pages = Pages { pool, budget, params, job, bytes, objects, count };
        let pages = pages.make(reading).await?;

        let document = PreparedDocument { pages, embedded_xml };
        Ok(Outcome::Handed(handed(&document, &job.id, objects).await?))
    }
}

impl Preprocess {
    /// An e-invoice by itself has no pages to make: it is its own attachment.
    async fn hand_on(&self, job: &Job, objects: &impl ObjectStore) -> Result<Outcome, StageError> {
        let (limit, seen) = (self.params.max_embedded_xml_bytes, job.input.size_bytes);
        if seen > limit {
            return Err(PreprocessError::EmbeddedXmlTooLarge { limit, seen }.into());
        }
        let name = job.filename.clone().unwrap_or_else(|| UNNAMED_XML.to_owned());
        let embedded_xml = vec![EmbeddedXml { name, object: job.input.clone() }];
        let document = PreparedDocument { pages: Vec::new(), embedded_xml };
        Ok(Outcome::Handed(handed(&document, &job.id, objects).await?))
    }
}

/// E-invoices whose bytes lie among the objects of document `id`.
///
/// # Errors
/// Those of the store.
pub(crate) async fn stored_xml(
    files: Vec<XmlFile>,
    id: &DocumentId,
    objects: &impl ObjectStore,
) -> Result<Vec<EmbeddedXml>, StageError> {
    let mut embedded_xml = Vec::with_capacity(files.len());
    for file in files {
        let object = objects.write(Bucket::Work, id, file.bytes.into_vec().into()).await?;
        embedded_xml.push(EmbeddedXml { name: file.name, object });
    }
    Ok(embedded_xml)
}

/// Stores what the next stage reads.
///
/// # Errors
/// Those of the store.
pub(crate) async fn handed(
    document: &PreparedDocument,
    id: &DocumentId,
    objects: &impl ObjectStore,
) -> Result<ObjectRef, StageError> {
    objects.write(Bucket::Work, id, encode(document)?.into()).await
}

impl std::fmt::Debug for Preprocess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preprocess").field("budget", &self.budget).finish_non_exhaustive()
    }
}
