//! What reads bytes of a client, each by itself, for the targets in `fuzz/`.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::request::Parts;
use bytes::Bytes;

use common::config::{Limits, Proxies};
use common::page::MediaType;

pub use crate::access::fuzzing::{Shown, holder, key_files, shown};
use crate::error::ApiError;
pub use crate::server::fuzzing::admitted;
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

/// Who asks, by what proxies say of it.
#[must_use]
pub fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    crate::limit::client_address(peer, headers, proxies)
}
