//! What an upload's body goes through: counted while it arrives, taken out of its envelope,
//! recognised by its first bytes, held against the limits. Nothing is stored on the way.

mod archive;
mod body;
mod disposition;
mod filename;
mod form;
mod image;
mod languages;
mod sniff;

use std::ops::ControlFlow;

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use mime::Mime;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use common::config::Limits;
use common::page::MediaType;

use crate::error::ApiError;

use archive::Archive;

pub(crate) use body::Body;
pub(crate) use filename::clean as clean_filename;
pub(crate) use form::BatchBounds;
pub(crate) use languages::parse as parse_languages;

/// A body that is a document.
#[derive(Debug)]
pub(crate) struct Document {
    /// By its first bytes.
    pub(crate) media_type: MediaType,
    /// The client's name for it, cleaned.
    pub(crate) filename: Option<String>,
    /// All of it.
    pub(crate) bytes: Bytes,
}

/// What a body may be, from its head alone.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Envelope {
    /// `multipart/form-data` with this boundary.
    Form { boundary: String },
    /// The document itself.
    Bare,
}

/// Reads the document out of `body`; at most `max_bytes` of it are held.
///
/// `named` is the name given in the query, for bare bodies.
///
/// # Errors
/// [`ApiError`] naming limit and value.
pub(crate) async fn read(
    parts: &Parts,
    body: &mut Body,
    named: Option<&str>,
    max_bytes: u64,
    limits: &Limits,
) -> Result<Document, ApiError> {
    if parts.headers.contains_key(header::CONTENT_ENCODING) {
        return Err(ApiError::UnsupportedContentEncoding);
    }
    let (bytes, filename) = match envelope(&parts.headers)? {
        Envelope::Form { boundary } => form::read(body, boundary, max_bytes).await?,
        Envelope::Bare => {
            let given = named.map(str::to_owned).or_else(|| disposition::filename(&parts.headers));
            (body.read_all(max_bytes).await?, given)
        }
    };
    let media_type = check(&bytes, limits)?;
    let filename = filename.and_then(|name| filename::clean(&name));
    Ok(Document { media_type, filename, bytes })
}

/// Hands each document of a batch to `take` until there are no more or `take` says to stop: the files of a
/// form, or of a ZIP archive. What is wrong with one file stops no other.
///
/// # Errors
/// [`ApiError`] for the batch as a whole; what was taken before is taken.
pub(crate) async fn read_batch(
    parts: &Parts,
    body: &mut Body,
    bounds: BatchBounds,
    limits: &Limits,
    mut take: impl AsyncFnMut(Option<String>, Result<Document, ApiError>) -> ControlFlow<()>,
) -> Result<(), ApiError> {
    if parts.headers.contains_key(header::CONTENT_ENCODING) {
        return Err(ApiError::UnsupportedContentEncoding);
    }
    let mut checked = async |read: Result<Bytes, ApiError>, name: Option<String>| {
        let filename = name.and_then(|name| filename::clean(&name));
        let document = read.and_then(|bytes| {
            let media_type = check(&bytes, limits)?;
            Ok(Document { media_type, filename: filename.clone(), bytes })
        });
        take(filename, document).await
    };
    match declared(&parts.headers)?.essence_str() {
        "multipart/form-data" => {
            let Envelope::Form { boundary } = envelope(&parts.headers)? else {
                return Err(ApiError::MultipartMalformed);
            };
            let (mut files, mut over) = (0, false);
            let counted = async |read: Result<Bytes, ApiError>, name: Option<String>| {
                files += 1;
                over = files > bounds.files;
                if over { ControlFlow::Break(()) } else { checked(read, name).await }
            };
            form::each(body, boundary, bounds, counted).await?;
            match (over, files) {
                (true, seen) => Err(ApiError::TooManyFiles { limit: bounds.files, seen }),
                (false, 0) => Err(ApiError::FileMissing),
                (false, _) => Ok(()),
            }
        }
        "application/zip" => {
            let mut archive = unpacked(body, bounds).await?;
            loop {
                // Unpacking takes CPU time, for which other tasks of this thread should not wait.
                let next = spawn_blocking(move || (archive.next_file(), archive)).await;
                let (Some(entry), rest) = next.map_err(|_| ApiError::Internal)? else {
                    return Ok(());
                };
                archive = rest;
                if checked(entry.bytes, Some(entry.name)).await.is_break() {
                    return Ok(());
                }
            }
        }
        _ => Err(ApiError::UnsupportedContentType),
    }
}

async fn unpacked(body: &mut Body, bounds: BatchBounds) -> Result<Archive, ApiError> {
    let read = timeout(bounds.patience, body.read_all(bounds.bytes)).await;
    let read = read.unwrap_or_else(|_| {
        let limit_seconds = bounds.patience.as_secs();
        Err(ApiError::UploadTimeout { limit_seconds, seen: body.seen() })
    });
    let bytes = read.map_err(|error| match error {
        ApiError::DocumentTooLarge { limit, seen } => ApiError::BatchTooLarge { limit, seen },
        other => other,
    })?;
    let opened =
        spawn_blocking(move || Archive::open(bytes, bounds.files, bounds.file_bytes)).await;
    opened.map_err(|_| ApiError::Internal)?
}

fn declared(headers: &HeaderMap) -> Result<Mime, ApiError> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let declared: Option<Mime> = declared.and_then(|text| text.parse().ok());
    declared.ok_or(ApiError::UnsupportedContentType)
}

fn envelope(headers: &HeaderMap) -> Result<Envelope, ApiError> {
    let declared = declared(headers)?;
    match declared.essence_str() {
        "multipart/form-data" => {
            let boundary = declared.get_param(mime::BOUNDARY);
            let boundary = boundary.ok_or(ApiError::MultipartMalformed)?.as_str().to_owned();
            Ok(Envelope::Form { boundary })
        }
        "application/pdf"
        | "image/jpeg"
        | "image/png"
        | "application/xml"
        | "text/xml"
        | "application/octet-stream" => Ok(Envelope::Bare),
        _ => Err(ApiError::UnsupportedContentType),
    }
}

/// What `bytes` are, if they can be read at all. A PDF is only recognised: readers repair files
/// that no simple check would let pass, so its damage is for the stage that opens it. So is that of
/// an e-invoice, which is parsed once.
///
/// # Errors
/// [`ApiError`] naming limit and value.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<MediaType, ApiError> {
    if bytes.is_empty() {
        return Err(ApiError::DocumentEmpty);
    }
    let media_type = MediaType::sniff(bytes)
        .ok_or_else(|| ApiError::UnsupportedMediaType { seen: sniff::in_general_terms(bytes) })?;
    match media_type {
        MediaType::Pdf => {}
        MediaType::Xml => {
            let (limit, seen) = (limits.max_embedded_xml_bytes, bytes.len() as u64);
            if seen > limit {
                return Err(ApiError::DocumentTooLarge { limit, seen });
            }
        }
        MediaType::Jpeg | MediaType::Png => image::check_size(bytes, limits)?,
    }
    Ok(media_type)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn told(value: &'static str) -> Result<Envelope, ApiError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
        envelope(&headers)
    }

    #[test]
    fn a_document_comes_in_a_form_or_by_itself() {
        let form = Envelope::Form { boundary: "b 1".to_owned() };
        assert_eq!(told("multipart/form-data; boundary=\"b 1\""), Ok(form));
        for bare in [
            "application/pdf",
            "IMAGE/JPEG",
            "text/xml; charset=utf-8",
            "application/octet-stream; x=y",
        ] {
            assert_eq!(told(bare), Ok(Envelope::Bare), "{bare}");
        }
    }

    #[test]
    fn other_content_types_are_refused() {
        for bad in ["text/plain", "application/x-www-form-urlencoded", "pdf", ""] {
            assert_eq!(told(bad), Err(ApiError::UnsupportedContentType), "{bad}");
        }
        assert_eq!(told("multipart/form-data"), Err(ApiError::MultipartMalformed));
        assert_eq!(envelope(&HeaderMap::new()), Err(ApiError::UnsupportedContentType));
    }

    #[test]
    fn the_first_bytes_decide() {
        let limits = common::config::Config::defaults().unwrap().limits;
        assert_eq!(check(b"", &limits), Err(ApiError::DocumentEmpty));
        assert_eq!(check(b"%PDF-1.4 then anything", &limits), Ok(MediaType::Pdf));
        assert_eq!(check(b"<?xml version='1.0'?><any/>", &limits), Ok(MediaType::Xml));
        let small = Limits { max_embedded_xml_bytes: 4, ..limits.clone() };
        let too_large = ApiError::DocumentTooLarge { limit: 4, seen: 10 };
        assert_eq!(check(b"<Invoice/>", &small), Err(too_large));
        let zip = ApiError::UnsupportedMediaType { seen: "zip" };
        assert_eq!(check(b"PK\x03\x04....", &limits), Err(zip));
    }
}
