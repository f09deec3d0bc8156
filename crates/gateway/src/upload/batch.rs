//! Many documents in one body: the files of a form, or of a ZIP archive, one after the other.

use std::time::Duration;

use axum::http::header;
use axum::http::request::Parts;
use bytes::Bytes;
use multer::Multipart;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use common::config::Limits;

use super::archive::Archive;
use super::{Body, Document, Envelope, check, declared, envelope, filename, form};
use crate::error::ApiError;

/// What one batch may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchBounds {
    /// Longest document, bytes.
    pub(crate) file_bytes: u64,
    /// All of it, bytes.
    pub(crate) bytes: u64,
    /// Documents.
    pub(crate) files: u64,
    /// Time for each document to come.
    pub(crate) patience: Duration,
}

/// A batch that is being read.
pub(crate) struct Batch<'b> {
    source: Source<'b>,
    bounds: BatchBounds,
    seen: u64,
}

enum Source<'b> {
    Form(Multipart<'b>),
    /// Away while a file of it is unpacked.
    Archive(Option<Box<Archive>>),
}

/// A document of a batch, or why it is none.
pub(crate) struct Part {
    /// The client's name for it, cleaned.
    pub(crate) filename: Option<String>,
    /// What is wrong with one stops no other.
    pub(crate) document: Result<Document, ApiError>,
}

/// Why a batch is not read to its end.
pub(crate) enum Stopped {
    /// The answer.
    Refused(ApiError),
    /// A document did not come in time.
    Slow,
    /// The parser's words, which may quote the body and go nowhere.
    Malformed(multer::Error),
}

impl Stopped {
    /// What the client is told, once nobody reads `body` any more.
    pub(crate) fn told(self, body: &Body, bounds: BatchBounds) -> ApiError {
        match self {
            Self::Refused(error) => error,
            Self::Slow => too_slow(body, bounds),
            Self::Malformed(multer::Error::StreamReadFailed(_)) => {
                of_batch(body.cut(bounds.bytes), bounds)
            }
            Self::Malformed(_) => ApiError::MultipartMalformed,
        }
    }
}

impl<'b> Batch<'b> {
    /// Begins with a body. An archive is read whole, and listed, before any of it is taken.
    ///
    /// # Errors
    /// [`ApiError`] naming limit and value.
    pub(crate) async fn open(
        parts: &Parts,
        body: &'b mut Body,
        bounds: BatchBounds,
    ) -> Result<Self, ApiError> {
        if parts.headers.contains_key(header::CONTENT_ENCODING) {
            return Err(ApiError::UnsupportedContentEncoding);
        }
        let source = match declared(&parts.headers)?.essence_str() {
            "application/zip" => Source::Archive(Some(Box::new(unpacked(body, bounds).await?))),
            "multipart/form-data" => {
                let Envelope::Form { boundary } = envelope(&parts.headers)? else {
                    return Err(ApiError::MultipartMalformed);
                };
                let limited = body.limit_to(bounds.bytes, form::OVERHEAD_BYTES);
                limited.map_err(|error| of_batch(error, bounds))?;
                Source::Form(Multipart::new(body, boundary))
            }
            _ => return Err(ApiError::UnsupportedContentType),
        };
        Ok(Self { source, bounds, seen: 0 })
    }

    /// The next document; `None` after the last one.
    ///
    /// # Errors
    /// [`Stopped`]; what was taken before is taken.
    pub(crate) async fn next(&mut self, limits: &Limits) -> Result<Option<Part>, Stopped> {
        let Some((bytes, name)) = self.next_file().await? else {
            let empty = self.seen == 0;
            return if empty { Err(Stopped::Refused(ApiError::FileMissing)) } else { Ok(None) };
        };
        self.seen += 1;
        let (limit, seen) = (self.bounds.files, self.seen);
        if seen > limit {
            return Err(Stopped::Refused(ApiError::TooManyFiles { limit, seen }));
        }
        let filename = name.and_then(|name| filename::clean(&name));
        let document = bytes.and_then(|bytes| {
            let media_type = check(&bytes, limits)?;
            Ok(Document { media_type, filename: filename.clone(), bytes, callback_url: None })
        });
        Ok(Some(Part { filename, document }))
    }

    async fn next_file(&mut self) -> Result<Option<form::File>, Stopped> {
        let bounds = self.bounds;
        match &mut self.source {
            Source::Form(form) => {
                let next = timeout(bounds.patience, form::next_file(form, bounds.file_bytes)).await;
                next.map_err(|_| Stopped::Slow)?.map_err(Stopped::Malformed)
            }
            Source::Archive(archive) => {
                let Some(mut listed) = archive.take() else { return Ok(None) };
                // Unpacking takes CPU time, for which other tasks of this thread should not wait.
                let next = spawn_blocking(move || (listed.next_file(), listed)).await;
                let (entry, listed) = next.map_err(|_| Stopped::Refused(ApiError::Internal))?;
                *archive = Some(listed);
                Ok(entry.map(|entry| (entry.bytes, Some(entry.name))))
            }
        }
    }
}

async fn unpacked(body: &mut Body, bounds: BatchBounds) -> Result<Archive, ApiError> {
    let read = timeout(bounds.patience, body.read_all(bounds.bytes)).await;
    let read: Result<Bytes, ApiError> = read.unwrap_or_else(|_| Err(too_slow(body, bounds)));
    let bytes = read.map_err(|error| of_batch(error, bounds))?;
    let opened =
        spawn_blocking(move || Archive::open(bytes, bounds.files, bounds.file_bytes)).await;
    opened.map_err(|_| ApiError::Internal)?
}

/// The batch is too large, where a reader of documents says that the document is.
fn of_batch(error: ApiError, bounds: BatchBounds) -> ApiError {
    match error {
        ApiError::DocumentTooLarge { seen, .. } => {
            ApiError::BatchTooLarge { limit: bounds.bytes, seen }
        }
        other => other,
    }
}

fn too_slow(body: &Body, bounds: BatchBounds) -> ApiError {
    ApiError::UploadTimeout { limit_seconds: bounds.patience.as_secs(), seen: body.seen() }
}
