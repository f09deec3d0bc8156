//! What an upload's body goes through: counted while it arrives, taken out of its envelope,
//! recognised by its first bytes, held against the limits. Nothing is stored on the way.

mod archive;
mod batch;
mod body;
mod disposition;
mod filename;
mod form;
mod image;
mod languages;
mod sniff;

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use mime::Mime;

use common::config::Limits;
use common::id::{ContentHash, DocumentId, Options, Tenant};
use common::page::MediaType;

use crate::error::ApiError;

pub(crate) use batch::{Batch, BatchBounds, Part, Stopped};
pub(crate) use body::Body;
pub(crate) use filename::clean as clean_filename;
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
    /// Where to call back, as the form says; nobody has looked at it yet.
    pub(crate) callback_url: Option<String>,
}

impl Document {
    /// The id that it has, or will have, as `tenant`'s with this choice of languages.
    pub(crate) fn id(&self, tenant: &Tenant, languages: &[String]) -> DocumentId {
        let options = Options { languages: languages.to_vec() };
        DocumentId::derive(tenant, &ContentHash::of(&self.bytes), &options)
    }
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
    let form::Form { bytes, filename, callback_url } = match envelope(&parts.headers)? {
        Envelope::Form { boundary } => form::read(body, boundary, max_bytes).await?,
        Envelope::Bare => form::Form {
            filename: named.map(str::to_owned).or_else(|| disposition::filename(&parts.headers)),
            bytes: body.read_all(max_bytes).await?,
            callback_url: None,
        },
    };
    let media_type = check(&bytes, limits)?;
    let filename = filename.and_then(|name| filename::clean(&name));
    Ok(Document { media_type, filename, bytes, callback_url })
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
