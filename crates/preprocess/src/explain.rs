//! What the stage makes of a document, with a picture for each step: for people who want to know why
//! a page was read as it was. No broker, no object store; the same workers.

use bytes::Bytes;

use common::config::Config;
use common::error::StageError;
use common::id::DocumentId;
use common::object::{ObjectRef, ObjectStore};
use common::page::{MediaType, PreparedDocument};
use common::worker::Program;

use crate::pages::stored;
use crate::params::Params;
use crate::reader::{ExplainedPage, MadePage, XmlFile};
use crate::reading::Reading;
use crate::stage::{handed, stored_xml, workers};

/// An open document in a worker of its own.
pub struct Explainer {
    reading: Reading,
    pages: u32,
    embedded_xml: Vec<XmlFile>,
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
        let mut reading = Reading::new(pool.lease().await?, budget, &Params::from_config(config));
        let (pages, embedded_xml) = reading.open(media_type, &bytes).await?;
        Ok(Self { reading, pages, embedded_xml })
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

    /// Ends the work of the worker, and stores the document of these `pages` as the stage hands it
    /// to the next one.
    ///
    /// # Errors
    /// Those of the worker and of the store.
    pub async fn hand_on(
        self,
        pages: Vec<MadePage>,
        id: &DocumentId,
        objects: &impl ObjectStore,
    ) -> Result<ObjectRef, StageError> {
        self.reading.close().await?;
        let mut prepared = Vec::with_capacity(pages.len());
        for page in pages {
            prepared.push(stored(page, id, objects).await?);
        }
        let embedded_xml = stored_xml(self.embedded_xml, id, objects).await?;
        handed(&PreparedDocument { pages: prepared, embedded_xml }, id, objects).await
    }
}

impl std::fmt::Debug for Explainer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Explainer").field("pages", &self.pages).finish_non_exhaustive()
    }
}
