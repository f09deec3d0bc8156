//! The reading of an upload by itself, for the target in `fuzz/`.

use axum::http::request::Parts;
use bytes::Bytes;

use common::config::Limits;
use common::page::MediaType;

use crate::error::ApiError;
use crate::upload::{self, Body};

/// A document as it was taken out of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// By its first bytes.
    pub media_type: MediaType,
    /// The client's name for it, cleaned.
    pub filename: Option<String>,
    /// All of it.
    pub bytes: Bytes,
}

/// Reads the document out of a request of `parts` and `body`.
///
/// # Errors
/// As the route of uploads answers.
pub async fn upload(
    parts: &Parts,
    body: axum::body::Body,
    named: Option<&str>,
    max_bytes: u64,
    limits: &Limits,
) -> Result<Taken, ApiError> {
    let mut body = Body::new(&parts.headers, body);
    let document = upload::read(parts, &mut body, named, max_bytes, limits).await?;
    let (media_type, filename, bytes) = (document.media_type, document.filename, document.bytes);
    Ok(Taken { media_type, filename, bytes })
}

/// The languages that a query asks for.
///
/// # Errors
/// As the route of uploads answers.
pub fn languages(text: &str) -> Result<Vec<String>, ApiError> {
    upload::parse_languages(text)
}
