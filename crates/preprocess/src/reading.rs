//! One document open in one worker.

use bytes::Bytes;
use serde_bytes::ByteBuf;

use common::error::StageError;
use common::page::MediaType;
use common::worker::{Budget, Lease};

use crate::reader::{ExplainedPage, MadePage, PageMaker, Request, Response, XmlFile};

/// The exclusive use of a worker for a document.
pub(crate) struct Reading {
    lease: Lease<PageMaker>,
    budget: Budget,
}

impl Reading {
    /// Uses `lease`, each request within `budget`.
    pub(crate) fn new(lease: Lease<PageMaker>, budget: Budget) -> Self {
        Self { lease, budget }
    }

    /// Opens the document: its number of pages, and e-invoices attached to it.
    pub(crate) async fn open(
        &mut self,
        media_type: MediaType,
        bytes: &Bytes,
    ) -> Result<(u32, Vec<XmlFile>), StageError> {
        let request = Request::Open { bytes: ByteBuf::from(bytes.to_vec()), media_type };
        match self.lease.call(&request, self.budget).await? {
            Response::Opened { pages, embedded_xml } => Ok((pages, embedded_xml)),
            _ => Err(out_of_turn()),
        }
    }

    /// Makes page `number`, counted from 1.
    pub(crate) async fn page(&mut self, number: u32) -> Result<MadePage, StageError> {
        match self.lease.call(&Request::Page { number }, self.budget).await? {
            Response::Page(page) => Ok(page),
            _ => Err(out_of_turn()),
        }
    }

    /// Makes page `number` with a picture for each step.
    pub(crate) async fn explain(&mut self, number: u32) -> Result<ExplainedPage, StageError> {
        match self.lease.call(&Request::Explain { number }, self.budget).await? {
            Response::Explained(page) => Ok(page),
            _ => Err(out_of_turn()),
        }
    }

    /// Has the worker forget the document.
    pub(crate) async fn close(mut self) -> Result<(), StageError> {
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
