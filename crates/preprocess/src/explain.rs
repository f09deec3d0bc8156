//! What the stage makes of a document, with a picture for each step: for people who want to know why
//! a page was read as it was. No broker, no object store; the same workers.

use bytes::Bytes;

use common::config::Config;
use common::error::StageError;
use common::page::MediaType;
use common::worker::Program;

use crate::reader::ExplainedPage;
use crate::reading::Reading;
use crate::stage::workers;

/// An open document in a worker of its own.
pub struct Explainer {
    reading: Reading,
    pages: u32,
}

impl Explainer {
    /// Opens a document in a worker that is started as `program`.
    ///
    /// # Errors
    /// Those of the stage.
    pub async fn open(
        config: &Config,
        program: Program,
        media_type: MediaType,
        bytes: Bytes,
    ) -> Result<Self, StageError> {
        let (pool, budget) = workers(config, program, 1);
        let mut reading = Reading::new(pool.lease().await?, budget);
        let (pages, _) = reading.open(media_type, &bytes).await?;
        Ok(Self { reading, pages })
    }

    /// Number of pages, at least 1.
    #[must_use]
    pub fn pages(&self) -> u32 {
        self.pages
    }

    /// Reads page `number`, counted from 1.
    ///
    /// # Errors
    /// Those of the stage.
    pub async fn page(&mut self, number: u32) -> Result<ExplainedPage, StageError> {
        self.reading.explain(number).await
    }

    /// Ends the work of the worker.
    ///
    /// # Errors
    /// Those of the worker.
    pub async fn close(self) -> Result<(), StageError> {
        self.reading.close().await
    }
}

impl std::fmt::Debug for Explainer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Explainer").field("pages", &self.pages).finish_non_exhaustive()
    }
}
