//! The service's side: a document comes out of the object store, its pages go into it.

use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use common::config::Config;
use common::error::StageError;
use common::job::Job;
use common::object::{Bucket, ObjectStore};
use common::page::{EmbeddedXml, MediaType, PreparedDocument, PreparedPage, encode};
use common::stage::{Outcome, Stage, StageName};
use common::worker::{Budget, Lease, Limits, Pool, Program, run_child};
use serde_bytes::ByteBuf;

use crate::params::Params;
use crate::reader::{ExplainedPage, MadePage, PageMaker, Request, Response, XmlFile};

/// The `preprocess` stage.
#[derive(Clone)]
pub struct Preprocess {
    pool: Pool<PageMaker>,
    budget: Budget,
}

impl Preprocess {
    /// A stage whose workers are started as `program`.
    #[must_use]
    pub fn new(config: &Config, program: Program) -> Self {
        let size = config.stage(StageName::Preprocess).worker_count();
        let (pool, budget) = workers(config, program, size);
        Self { pool, budget }
    }
}

/// At most `size` workers started as `program`, and what a request to one of them may take.
pub(crate) fn workers(config: &Config, program: Program, size: usize) -> (Pool<PageMaker>, Budget) {
    let limits = Limits {
        memory_bytes: config.worker.memory_bytes,
        max_documents: config.worker.max_documents,
        max_resident_bytes: config.worker.max_resident_bytes,
    };
    let budget = Budget {
        wall: Duration::from_secs(config.worker.wall_seconds_per_page),
        cpu_seconds: config.worker.cpu_seconds_per_page,
    };
    let params = Params::from_config(config);
    (Pool::new(StageName::Preprocess, program, size, limits, params), budget)
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

    async fn run(&self, job: &Job, objects: &impl ObjectStore) -> Result<Outcome, StageError> {
        let bytes = objects.read(&job.input).await?;
        let mut reading = Reading { lease: self.pool.lease().await?, budget: self.budget };
        let (pages, xml) = reading.open(job.media_type, bytes).await?;

        let mut embedded_xml = Vec::with_capacity(xml.len());
        for file in xml {
            let object = objects.write(Bucket::Work, &job.id, file.bytes.into_vec().into()).await?;
            embedded_xml.push(EmbeddedXml { name: file.name, object });
        }
        let mut prepared = Vec::new();
        for number in 1..=pages {
            let page = reading.page(number).await?;
            let raster = match page.png {
                Some(png) => {
                    Some(objects.write(Bucket::Work, &job.id, png.into_vec().into()).await?)
                }
                None => None,
            };
            let MadePage { geometry, words, doubted, preparation, .. } = page;
            prepared.push(PreparedPage { geometry, words, doubted, raster, preparation });
        }
        reading.close().await?;

        let document = encode(&PreparedDocument { pages: prepared, embedded_xml })?;
        let object = objects.write(Bucket::Work, &job.id, document.into()).await?;
        Ok(Outcome::Handed(object))
    }
}

impl std::fmt::Debug for Preprocess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preprocess").field("budget", &self.budget).finish_non_exhaustive()
    }
}

/// One document in one worker.
pub(crate) struct Reading {
    pub(crate) lease: Lease<PageMaker>,
    pub(crate) budget: Budget,
}

impl Reading {
    pub(crate) async fn open(
        &mut self,
        media_type: MediaType,
        bytes: Bytes,
    ) -> Result<(u32, Vec<XmlFile>), StageError> {
        let bytes = ByteBuf::from(Vec::from(bytes));
        let request = Request::Open { bytes, media_type };
        match self.lease.call(&request, self.budget).await? {
            Response::Opened { pages, embedded_xml } => Ok((pages, embedded_xml)),
            _ => Err(out_of_turn()),
        }
    }

    async fn page(&mut self, number: u32) -> Result<MadePage, StageError> {
        match self.lease.call(&Request::Page { number }, self.budget).await? {
            Response::Page(page) => Ok(page),
            _ => Err(out_of_turn()),
        }
    }

    pub(crate) async fn explain(&mut self, number: u32) -> Result<ExplainedPage, StageError> {
        match self.lease.call(&Request::Explain { number }, self.budget).await? {
            Response::Explained(page) => Ok(page),
            _ => Err(out_of_turn()),
        }
    }

    pub(crate) async fn close(&mut self) -> Result<(), StageError> {
        match self.lease.call(&Request::Close, self.budget).await? {
            Response::Closed => Ok(()),
            _ => Err(out_of_turn()),
        }
    }
}

/// What a worker says is untrusted: it has parsed hostile bytes.
fn out_of_turn() -> StageError {
    StageError::internal("worker_protocol", "the worker answered something else than asked")
}
